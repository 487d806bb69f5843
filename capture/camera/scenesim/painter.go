package scenesim

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// painter draws in units of a 640 pixel wide picture, whatever its real size.
type painter struct {
	img  *image.RGBA
	unit float64 // pixels for one unit
}

func (p painter) px(v float64) int { return int(math.Round(v * p.unit)) }

func (p painter) rect(x0, y0, x1, y1 float64, c color.RGBA) {
	r := image.Rect(p.px(x0), p.px(y0), max(p.px(x1), p.px(x0)+1), max(p.px(y1), p.px(y0)+1))
	draw.Draw(p.img, r.Intersect(p.img.Bounds()), image.NewUniform(c), image.Point{}, draw.Src)
}

func (p painter) disc(x, y, radius float64, c color.RGBA) {
	for dy := -radius; dy <= radius; dy++ {
		half := math.Sqrt(radius*radius - dy*dy)
		p.rect(x-half, y+dy, x+half, y+dy+1, c)
	}
}

func (p painter) line(x0, y0, x1, y1 float64, c color.RGBA) {
	n := int(math.Max(math.Abs(x1-x0), math.Abs(y1-y0)))
	for i := range n + 1 {
		f := float64(i) / float64(max(n, 1))
		x, y := x0+(x1-x0)*f, y0+(y1-y0)*f
		p.rect(x, y, x+1.5, y+1.5, c)
	}
}

// textPixels is the height of text at scale 1.
const textPixels = 13

// textScale is the scale for text about height units high, at least 1: only
// whole multiples of the font stay sharp.
func (p painter) textScale(height float64) int {
	return max(1, int(math.Round(height*p.unit/textPixels)))
}

// text writes s with its top left corner at a pixel; what does not fit is cut.
func (p painter) text(left, top, scale int, s string, c color.RGBA) {
	face := basicfont.Face7x13
	mask := image.NewAlpha(image.Rect(0, 0, face.Advance*len(s), face.Height))
	d := font.Drawer{Dst: mask, Src: image.Opaque, Face: face, Dot: fixed.P(0, face.Ascent)}
	d.DrawString(s)
	for y := range mask.Rect.Dy() {
		for x := range mask.Rect.Dx() {
			if mask.AlphaAt(x, y).A < 128 {
				continue
			}
			r := image.Rect(left+x*scale, top+y*scale, left+(x+1)*scale, top+(y+1)*scale)
			draw.Draw(p.img, r.Intersect(p.img.Bounds()), image.NewUniform(c), image.Point{}, draw.Src)
		}
	}
}

// mix is a where f is 0 and b where f is 1.
func mix(a, b color.RGBA, f float64) color.RGBA {
	m := func(a, b uint8) uint8 { return uint8(float64(a) + (float64(b)-float64(a))*f) }
	return color.RGBA{m(a.R, b.R), m(a.G, b.G), m(a.B, b.B), 255}
}

// shade is c in this light, never quite black.
func shade(c color.RGBA, light float64) color.RGBA {
	return mix(color.RGBA{c.R / 6, c.G / 6, c.B / 5, 255}, c, math.Min(1, light*1.5))
}
