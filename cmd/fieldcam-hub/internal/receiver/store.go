package receiver

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/rs/zerolog"
	"github.com/tus/tusd/v2/pkg/filestore"
	"github.com/tus/tusd/v2/pkg/handler"
	"golang.org/x/sys/unix"

	"fieldcam/capture/photo"
	"fieldcam/cmd/fieldcam-hub/internal/archive"
	"fieldcam/cmd/fieldcam-hub/internal/preview"
)

// The refusals. tusd sends them as they are.
var (
	errChecksum = handler.NewError("ERR_CHECKSUM_MISMATCH", "the bytes do not have the SHA-256 that was announced", 460)
	errOther    = handler.NewError("ERR_ID_TAKEN", "another photo has this ID", http.StatusUnprocessableEntity)
	errFull     = handler.NewError("ERR_DISK_FULL", "the hub has no room", http.StatusInsufficientStorage)
)

// store is tusd's store of files with our rules around it. Whoever calls
// GetUpload holds the lock of that ID (tusd does, for HEAD and PATCH); NewUpload
// takes it.
type store struct {
	dir       string
	files     filestore.FileStore
	archive   *archive.Archive
	previews  *preview.Store
	locks     locker
	freeBytes func(dir string) (uint64, error)
	log       zerolog.Logger
}

// NewUpload creates the upload of a photo, or gives the one that there is.
func (s *store) NewUpload(ctx context.Context, info handler.FileInfo) (handler.Upload, error) {
	a, _ := ctx.Value(askKey{}).(ask)
	m, err := parseMeta(a.device, info.MetaData, info.Size)
	if errors.Is(err, errDevice) {
		return nil, handler.NewError("ERR_DEVICE", err.Error(), http.StatusForbidden)
	}
	if err != nil {
		s.log.Warn().Str("device", a.device).Err(err).Msg("photo refused")
		return nil, handler.NewError("ERR_METADATA", err.Error(), http.StatusBadRequest)
	}
	up, err := s.create(ctx, info, m, a.answer)
	if err == nil {
		if err := s.trim(ctx, m.Device); err != nil {
			s.log.Warn().Str("device", m.Device).Err(err).Msg("bound half uploads")
		}
	}
	return up, err
}

// create is NewUpload for a photo whose description is good.
func (s *store) create(ctx context.Context, info handler.FileInfo, m photo.Meta, answer http.Header) (handler.Upload, error) {
	id := uploadID(m.Device, m.ID)
	unlock, err := s.lock(ctx, id)
	if err != nil {
		return nil, err
	}
	defer unlock()
	had, err := s.GetUpload(ctx, id)
	if err != nil && !errors.Is(err, handler.ErrNotFound) {
		return nil, err
	}
	if err == nil {
		switch there := had.(*upload); {
		case there.meta.SHA256 == m.SHA256 && there.info.Size == m.Size:
			answer.Set("Upload-Offset", strconv.FormatInt(there.info.Offset, 10))
			return had, nil
		case there.filed:
			s.log.Warn().Str("device", m.Device).Str("photo", string(m.ID)).Msg("another photo with the same ID refused")
			return nil, errOther
		}
		// Nothing of a half upload was promised: it starts anew with these bytes.
	}
	if free, err := s.freeBytes(s.dir); err == nil && free < uint64(m.Size)+diskReserve {
		s.log.Error().Str("device", m.Device).Uint64("free_bytes", free).Msg("no room for a photo")
		return nil, errFull
	}
	said, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("describe photo: %w", err)
	}
	info.ID, info.MetaData, info.Storage = id, handler.MetaData{metaKey: string(said)}, nil
	up, err := s.files.NewUpload(ctx, info)
	if err != nil {
		return nil, s.failed(m, "create upload", err)
	}
	info, err = up.GetInfo(ctx)
	return &upload{Upload: up, store: s, info: info, meta: m}, err
}

// metaKey is where an upload's own file keeps the checked photo.Meta.
const metaKey = "meta"

// GetUpload finds an upload or a filed photo. It files what is whole and not yet
// filed, so that a full offset always means a filed photo.
func (s *store) GetUpload(ctx context.Context, id string) (handler.Upload, error) {
	device, name, err := parseUploadID(id)
	if err != nil {
		return nil, handler.ErrNotFound
	}
	m, err := s.archive.Find(device, name)
	if err == nil {
		return s.filed(m)
	}
	if !errors.Is(err, archive.ErrNotFound) {
		return nil, s.failed(photo.Meta{Device: device, ID: name}, "find photo", err)
	}
	up, err := s.files.GetUpload(ctx, id)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		// A power cut came while tusd wrote it, which it does without a sync.
		return nil, errors.Join(handler.ErrNotFound, s.forget(id))
	}
	if err != nil {
		if !errors.Is(err, handler.ErrNotFound) {
			err = s.failed(photo.Meta{Device: device, ID: name}, "open upload", err)
		}
		return nil, err
	}
	info, err := up.GetInfo(ctx)
	if err != nil {
		return nil, err
	}
	if json.Unmarshal([]byte(info.MetaData[metaKey]), &m) != nil || m.Device != device || m.ID != name || info.Offset > info.Size {
		return nil, errors.Join(handler.ErrNotFound, s.forget(id))
	}
	half := &upload{Upload: up, store: s, info: info, meta: m}
	if info.Offset < info.Size {
		return half, nil
	}
	switch err := half.FinishUpload(ctx); {
	case errors.Is(err, errChecksum):
		return nil, handler.ErrNotFound // it is gone
	case err != nil:
		return nil, err
	}
	return s.filed(m)
}

// filed is the answer for a photo in the archive. What an interrupted filing left
// is settled and cleaned first.
func (s *store) filed(m photo.Meta) (handler.Upload, error) {
	id := uploadID(m.Device, m.ID)
	if _, err := os.Lstat(s.infoPath(id)); err == nil {
		err := s.archive.Settle(m)
		if err == nil || errors.Is(err, archive.ErrSync) {
			err = errors.Join(err, s.forget(id))
		}
		if err != nil {
			return nil, s.failed(m, "settle photo", err)
		}
	}
	return &upload{store: s, filed: true, meta: m, info: handler.FileInfo{ID: id, Size: m.Size, Offset: m.Size}}, nil
}

// forget removes what tusd keeps of an upload.
func (s *store) forget(id string) error {
	var errs []error
	for _, path := range []string{s.binPath(id), s.infoPath(id)} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, fmt.Errorf("forget upload: %w", err))
		}
	}
	return errors.Join(errs...)
}

// binPath and infoPath are where tusd's filestore keeps an upload.
func (s *store) binPath(id string) string  { return filepath.Join(s.dir, filepath.FromSlash(id)) }
func (s *store) infoPath(id string) string { return s.binPath(id) + ".info" }

// lock takes the lock of an upload; a request that holds it is asked to end.
func (s *store) lock(ctx context.Context, id string) (unlock func(), err error) {
	l, err := s.locks.NewLock(id)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	if err := l.Lock(ctx, func() {}); err != nil {
		return nil, err
	}
	return func() { _ = l.Unlock() }, nil // it has no error to give
}

// failed logs a fault of this machine and makes it the answer that lets the
// device try later.
func (s *store) failed(m photo.Meta, doing string, err error) error {
	s.log.Error().Str("device", m.Device).Str("photo", string(m.ID)).Err(err).Msg(doing)
	if errors.Is(err, errFull) || errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) {
		return errFull
	}
	return handler.NewError("ERR_INTERNAL", "the hub could not "+doing, http.StatusInternalServerError)
}

// upload is one upload in progress, or one filed photo.
type upload struct {
	handler.Upload // nil where filed
	store          *store
	filed          bool
	info           handler.FileInfo
	meta           photo.Meta
}

// GetInfo tells size and offset. What the device said of the photo stays here.
func (u *upload) GetInfo(context.Context) (handler.FileInfo, error) {
	return handler.FileInfo{ID: u.info.ID, Size: u.info.Size, Offset: u.info.Offset}, nil
}

// WriteChunk appends to the file, as long as the disk has room beyond the reserve.
func (u *upload) WriteChunk(ctx context.Context, offset int64, src io.Reader) (int64, error) {
	n, err := u.Upload.WriteChunk(ctx, offset, &roomReader{src: src, store: u.store})
	u.info.Offset += n
	if err != nil {
		err = u.store.failed(u.meta, "write photo", err)
	}
	return n, err
}

// FinishUpload checks the whole file's hash and files the photo. After wrong
// bytes, and after a disk that did not take them, nothing is left of the upload.
func (u *upload) FinishUpload(context.Context) error {
	if u.filed {
		return nil
	}
	id, path := u.info.ID, u.store.binPath(u.info.ID)
	sum, err := hashFile(path)
	if err != nil {
		return u.store.failed(u.meta, "read photo back", err)
	}
	log := u.store.log.With().Str("device", u.meta.Device).Str("photo", string(u.meta.ID)).Logger()
	if sum != u.meta.SHA256 {
		log.Warn().Str("sha256", sum).Msg("wrong bytes: upload removed")
		return errors.Join(errChecksum, u.store.forget(id))
	}
	err = u.store.archive.File(u.meta, path)
	if errors.Is(err, archive.ErrSync) {
		err = errors.Join(err, u.store.forget(id)) // the bytes must come again
	}
	if err != nil {
		return u.store.failed(u.meta, "file photo", err)
	}
	log.Info().Int64("bytes", u.meta.Size).Msg("photo filed")
	u.store.previews.Drop(entryOf(u.meta))
	if err := u.store.forget(id); err != nil {
		log.Warn().Err(err).Msg("remains of an upload stay until the next question")
	}
	return nil
}

// entryOf is where m is filed.
func entryOf(m photo.Meta) archive.Entry {
	return archive.Entry{Device: m.Device, Day: m.Slot.UTC().Format(time.DateOnly), ID: m.ID, Format: m.Format}
}

// hashFile is the SHA-256 of a file, in lower-case hexadecimal.
func hashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close() // only read
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
