// Package thumbnail makes the small picture that goes ahead of a photo on a bad
// link: the one that the camera has put into the file, or else one of its own.
//
// Promises: what comes out is a JPEG of at most MaxBytes and MaxSide pixels a
// side; nothing in the file is believed before it is checked; the memory is
// bounded, by 28 MB in the worst case: 4 megapixels whose three components are
// not subsampled, 3 bytes a pixel in the decoder, and 4 more where they are red,
// green and blue. As cameras write them (4:2:0) it is 1.5 bytes a pixel, 0.5 MB
// for the 640 × 480 of a VC0706.
//
// Out of scope: RAW files, of which each maker has a form of its own.
package thumbnail

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
)

const (
	// MaxBytes is what a thumbnail has at the most, here and at the cloud: that of
	// Exif shares a segment of 64 KiB with all else that the camera tells (Exif
	// 2.32, 4.5.2).
	MaxBytes = 64 << 10
	// MaxSide is the longer side, in pixels, of one that is made here: half of what
	// the smallest camera gives, and about 10 KB.
	MaxSide = 320
	// maxSideEmbedded is that of one that the camera made: Exif recommends 160 × 120
	// (4.5.8), and cameras have been seen to write up to 640.
	maxSideEmbedded = 640
	// maxPixels is the largest photo that is decoded, and maxProgressive the largest
	// progressive one, for which image/jpeg keeps 4 bytes more for each sample.
	maxPixels      = 4_000_000
	maxProgressive = 1_000_000
	// quality is JPEG's: enough to see what is in the picture.
	quality = 60
)

var (
	// ErrFormat says that there is none: the file is no JPEG, or is damaged.
	ErrFormat = errors.New("no thumbnail of this file: not a JPEG that can be read")
	// ErrTooLarge says that the photo has none in it and is too large for the memory.
	ErrTooLarge = errors.New("no thumbnail of this file: too large to make one")
)

// Make gives the thumbnail of the photo in r, which has size bytes. An error that
// is neither ErrFormat nor ErrTooLarge is one of reading r.
func Make(r io.ReadSeeker, size int64) ([]byte, error) {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read photo: %w", err)
	}
	h, err := readHeader(io.LimitReader(r, size))
	if err != nil {
		return nil, err
	}
	if small, ok := embedded(h.exif); ok {
		return small, nil
	}
	switch pixels := h.width * h.height; {
	case pixels == 0, h.parts != 1 && h.parts != 3:
		return nil, ErrFormat
	case pixels > maxPixels, h.progressive && pixels > maxProgressive:
		return nil, ErrTooLarge
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read photo: %w", err)
	}
	big, err := jpeg.Decode(io.LimitReader(r, size))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	small, err := shrink(big)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, small, &jpeg.Options{Quality: quality}); err != nil {
		return nil, fmt.Errorf("encode thumbnail: %w", err)
	}
	if out.Len() > MaxBytes {
		return nil, ErrTooLarge
	}
	return out.Bytes(), nil
}

// shrink scales a picture to MaxSide. The planes are averaged as they are, so
// that no second copy of the large picture is made.
func shrink(big image.Image) (image.Image, error) {
	w, h := fit(big.Bounds().Dx(), big.Bounds().Dy())
	switch b := big.(type) {
	case *image.Gray:
		small := image.NewGray(image.Rect(0, 0, w, h))
		average(plane{small.Pix, small.Stride, w, h}, plane{b.Pix, b.Stride, b.Rect.Dx(), b.Rect.Dy()})
		return small, nil
	case *image.YCbCr:
		small := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
		average(plane{small.Y, small.YStride, w, h}, plane{b.Y, b.YStride, b.Rect.Dx(), b.Rect.Dy()})
		cw, ch := (w+1)/2, (h+1)/2
		bw, bh := colorSize(b)
		average(plane{small.Cb, small.CStride, cw, ch}, plane{b.Cb, b.CStride, bw, bh})
		average(plane{small.Cr, small.CStride, cw, ch}, plane{b.Cr, b.CStride, bw, bh})
		return small, nil
	}
	return nil, ErrFormat // red, green and blue, which no camera writes
}

// fit is the size of a w × h picture within MaxSide; it is never made larger.
func fit(w, h int) (int, int) {
	switch {
	case w <= MaxSide && h <= MaxSide:
		return w, h
	case w > h:
		return MaxSide, max(1, h*MaxSide/w)
	}
	return max(1, w*MaxSide/h), MaxSide
}

// colorSize is how many samples across and down the color planes of b have.
func colorSize(b *image.YCbCr) (w, h int) {
	last := b.COffset(b.Rect.Max.X-1, b.Rect.Max.Y-1) - b.COffset(b.Rect.Min.X, b.Rect.Min.Y)
	return last%b.CStride + 1, last/b.CStride + 1
}

// plane is one component of a picture.
type plane struct {
	pix    []byte
	stride int
	w, h   int
}

// average gives each sample of small the mean of the box of big that it covers,
// which holds one sample at the least.
func average(small, big plane) {
	for y := range small.h {
		top := y * big.h / small.h
		bottom := max((y+1)*big.h/small.h, top+1)
		for x := range small.w {
			left := x * big.w / small.w
			right := max((x+1)*big.w/small.w, left+1)
			sum := 0
			for row := top; row < bottom; row++ {
				for _, v := range big.pix[row*big.stride+left : row*big.stride+right] {
					sum += int(v)
				}
			}
			n := (bottom - top) * (right - left)
			small.pix[y*small.stride+x] = byte((sum + n/2) / n)
		}
	}
}
