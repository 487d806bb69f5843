// Package scenesim is what simulated cameras look at: a building site that changes
// with the hour, the day and each picture, so that a person sees at a glance what a
// picture is of, and a test that it is not an old one.
package scenesim

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math"
	"time"
)

// Scene is what the camera sees: a building that grows by a floor a week, under
// a crane, by day and night. Everything in it follows from the fields.
type Scene struct {
	Name  string    // written into the picture
	Now   time.Time // the time that the picture shows
	Began time.Time // when the building was begun
	Shot  int       // the picture's number, written into it
	// Width and Height are the picture's, in pixels.
	Width, Height int
}

const (
	// floors is the finished building; it is then begun anew.
	floors = 12
	// floorTime is how long one floor takes.
	floorTime = 7 * 24 * time.Hour
)

// JPEG draws the scene at an encoder's quality, from 1 to 100: always the same
// bytes for the same scene. Encoding a drawn picture into memory cannot fail.
func (s Scene) JPEG(quality int) []byte {
	img := image.NewRGBA(image.Rect(0, 0, s.Width, s.Height))
	p := painter{img: img, unit: float64(s.Width) / 640}
	light := s.daylight()
	s.sky(p, light)
	s.building(p, light)
	s.crane(p, light)
	s.grain(img)
	s.caption(p)
	var b bytes.Buffer
	_ = jpeg.Encode(&b, img, &jpeg.Options{Quality: quality})
	return b.Bytes()
}

// daylight is 0 at night and 1 at noon: the sun is up from 6 to 18 UTC.
func (s Scene) daylight() float64 {
	return math.Max(0, math.Sin(s.sun()))
}

// sun is the sun's angle above the eastern horizon.
func (s Scene) sun() float64 {
	t := s.Now.UTC()
	hour := float64(t.Hour()) + float64(t.Minute())/60 + float64(t.Second())/3600
	return (hour - 6) / 12 * math.Pi
}

// built is how many floors stand, with the part of the next.
func (s Scene) built() float64 {
	age := s.Now.Sub(s.Began)
	if age < 0 {
		age = 0
	}
	return math.Mod(float64(age)/float64(floorTime), floors+1)
}

func (s Scene) sky(p painter, light float64) {
	for y := range s.Height {
		f := float64(y) / float64(s.Height)
		night := color.RGBA{uint8(8 + 20*f), uint8(10 + 22*f), uint8(30 + 30*f), 255}
		day := color.RGBA{uint8(90 + 110*f), uint8(150 + 70*f), uint8(225 + 15*f), 255}
		low := color.RGBA{uint8(120 + 130*f), uint8(80 + 70*f), uint8(90 - 20*f), 255}
		c := mix(night, low, math.Min(1, light*4))
		c = mix(c, day, math.Max(0, math.Min(1, light*2-0.3)))
		draw.Draw(p.img, image.Rect(0, y, s.Width, y+1), image.NewUniform(c), image.Point{}, draw.Src)
	}
	x, y := 320-300*math.Cos(s.sun()), 330-250*math.Abs(math.Sin(s.sun()))
	if light > 0 {
		p.disc(x, y, 24, color.RGBA{255, 240, 180, 255})
	} else {
		p.disc(x, y, 16, color.RGBA{215, 220, 235, 255})
	}
	p.rect(0, 365, 640, 480, shade(color.RGBA{120, 98, 70, 255}, light))
}

func (s Scene) building(p painter, light float64) {
	const left, right, ground, storey = 330, 540, 388, 21
	wall := shade(color.RGBA{176, 172, 165, 255}, light)
	built := s.built()
	for i := 0; float64(i) < built && i < floors; i++ {
		part := math.Min(1, built-float64(i))
		top := ground - float64(i)*storey - storey*part
		p.rect(left, top, right, ground-float64(i)*storey, wall)
		p.rect(left, top, right, top+3, shade(color.RGBA{120, 116, 110, 255}, light))
		if part < 1 {
			continue
		}
		for w := range 8 {
			glass := shade(color.RGBA{70, 90, 115, 255}, light)
			// At night somebody works late, not always at the same window.
			if light < 0.15 && (w*w*3+i*i*5+w*i+s.Now.Hour()*3+s.Shot)%7 == 0 {
				glass = color.RGBA{250, 220, 120, 255}
			}
			x := left + 10 + float64(w)*25
			p.rect(x, top+6, x+14, top+17, glass)
		}
	}
}

func (s Scene) crane(p painter, light float64) {
	steel := shade(color.RGBA{235, 190, 40, 255}, math.Max(light, 0.25))
	p.rect(250, 90, 258, 392, steel)
	for y := 90.0; y < 380; y += 16 {
		p.line(250, y, 258, y+16, shade(color.RGBA{90, 70, 20, 255}, light))
	}
	p.rect(170, 86, 600, 93, steel)
	p.rect(170, 93, 200, 112, shade(color.RGBA{110, 110, 115, 255}, light))
	p.line(254, 60, 170, 88, steel)
	p.line(254, 60, 560, 88, steel)
	// The trolley is elsewhere in each picture.
	x := 300 + float64(s.Shot*37%270)
	hook := 130 + float64(s.Shot*53%90)
	p.rect(x-6, 93, x+6, 98, color.RGBA{60, 60, 60, 255})
	p.rect(x-1, 98, x+1, hook, color.RGBA{50, 50, 50, 255})
	p.rect(x-14, hook, x+14, hook+10, shade(color.RGBA{170, 70, 45, 255}, math.Max(light, 0.2)))
}

// grain is the sensor's noise; it also gives the file the size of a real one.
func (s Scene) grain(img *image.RGBA) {
	const strength = 7
	seed := uint32(s.Shot)*2654435761 + uint32(s.Now.Unix())
	for i := 0; i < len(img.Pix); i += 4 {
		seed ^= seed << 13
		seed ^= seed >> 17
		seed ^= seed << 5
		if seed == 0 {
			seed = 1
		}
		d := int(seed>>16%(2*strength+1)) - strength
		for k := range 3 {
			img.Pix[i+k] = uint8(min(max(int(img.Pix[i+k])+d, 0), 255))
		}
	}
}

// caption writes what the picture is over its lower edge, the time largest.
func (s Scene) caption(p painter) {
	const timeHeight, nameHeight = 52, 26 // in units
	rowTime, rowName := p.textScale(timeHeight), p.textScale(nameHeight)
	top := s.Height - (rowTime+rowName)*textPixels
	draw.Draw(p.img, image.Rect(0, top, s.Width, s.Height), image.NewUniform(color.RGBA{0, 0, 0, 255}), image.Point{}, draw.Src)
	left := p.px(8)
	p.text(left, top, rowTime, s.Now.UTC().Format("2006-01-02 15:04:05")+"Z", color.RGBA{255, 255, 255, 255})
	p.text(left, top+rowTime*textPixels, rowName, fmt.Sprintf("#%06d %s", s.Shot, s.Name), color.RGBA{255, 220, 90, 255})
}
