package tus

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"fieldcam/capture/photo"
)

// UploadThumbnail sends a small JPEG of the photo m, ahead of it. nil: the server
// has it, or has the photo already. Errors are those of package upload, and are
// about the thumbnail alone; nothing of it is resumed.
func (c *Client) UploadThumbnail(ctx context.Context, m photo.Meta, jpeg []byte) error {
	sum := sha256.Sum256(jpeg)
	small := photo.Meta{Size: int64(len(jpeg)), SHA256: hex.EncodeToString(sum[:])}
	u, offset, err := c.create(ctx, small.Size, thumbnailMetadata(c.o.Device, m, small.SHA256))
	if err != nil || offset == small.Size {
		return err
	}
	next, err := c.patch(ctx, small, u, offset, bytes.NewReader(jpeg))
	if err == nil && next != small.Size {
		err = fmt.Errorf("upload thumbnail: the server has %d of %d bytes and says no more", next, small.Size)
	}
	return err
}
