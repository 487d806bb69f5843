package linux

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"fieldcam/hal"
)

// RTC is a battery-backed clock of the kernel's: a device node such as /dev/rtc0,
// which only one process may have open, so that it is opened for each use.
type RTC struct{ path string }

var _ hal.RTC = (*RTC)(nil)

// NewRTC gives the clock at path. Nothing is opened yet.
func NewRTC(path string) *RTC { return &RTC{path: path} }

const (
	// The years that a chip with a two-digit year knows.
	rtcFirstYear, rtcLastYear = 2000, 2099
	// rtcVoltageLow asks for the chip's own doubts (include/uapi/linux/rtc.h,
	// RTC_VL_READ); rtcDataInvalid says that its time means nothing.
	rtcVoltageLow  = 0x80047013
	rtcDataInvalid = 1
	// Another process has the clock for a moment only.
	rtcTries = 20
	rtcPause = 25 * time.Millisecond
)

// Time implements hal.RTC. The kernel refuses a time that the chip says is invalid,
// with EINVAL.
func (r *RTC) Time() (time.Time, error) {
	var t time.Time
	err := r.use("read time", func(fd int) error {
		if doubts, err := unix.IoctlGetUint32(fd, rtcVoltageLow); err == nil && doubts&rtcDataInvalid != 0 {
			return hal.ErrTimeLost
		}
		v, err := unix.IoctlGetRTCTime(fd)
		if errors.Is(err, unix.EINVAL) {
			return hal.ErrTimeLost
		}
		if err != nil {
			return err
		}
		t = fromRTC(*v)
		return nil
	})
	return t, err
}

// Set implements hal.RTC.
func (r *RTC) Set(t time.Time) error {
	t = t.UTC()
	if t.Year() < rtcFirstYear || t.Year() > rtcLastYear {
		return fmt.Errorf("set %s to %v: want a year from %d to %d", r.path, t, rtcFirstYear, rtcLastYear)
	}
	return r.use("set time", func(fd int) error {
		v := toRTC(t)
		return unix.IoctlSetRTCTime(fd, &v)
	})
}

// WakeAt implements hal.RTC. The kernel takes an alarm in the past too, on some
// chips; here it is an error on all.
func (r *RTC) WakeAt(t time.Time) error {
	if t.IsZero() {
		return r.use("clear alarm", func(fd int) error {
			a, err := unix.IoctlGetRTCWkAlrm(fd)
			if err != nil {
				return err
			}
			a.Enabled = 0
			return unix.IoctlSetRTCWkAlrm(fd, a)
		})
	}
	now, err := r.Time()
	if err != nil {
		return err
	}
	t = t.UTC().Truncate(time.Second)
	if !t.After(now) {
		return fmt.Errorf("set alarm of %s to %v: it is %v there already", r.path, t, now)
	}
	return r.use("set alarm", func(fd int) error {
		return unix.IoctlSetRTCWkAlrm(fd, &unix.RTCWkAlrm{Enabled: 1, Time: toRTC(t)})
	})
}

// Wake implements hal.RTC.
func (r *RTC) Wake() (time.Time, error) {
	var t time.Time
	err := r.use("read alarm", func(fd int) error {
		a, err := unix.IoctlGetRTCWkAlrm(fd)
		if err == nil && a.Enabled != 0 {
			t = fromRTC(a.Time)
		}
		return err
	})
	return t, err
}

// use opens the clock for do.
func (r *RTC) use(what string, do func(fd int) error) error {
	f, err := os.OpenFile(r.path, os.O_RDONLY, 0)
	for n := 0; n < rtcTries && errors.Is(err, unix.EBUSY); n++ {
		time.Sleep(rtcPause)
		f, err = os.OpenFile(r.path, os.O_RDONLY, 0)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	defer f.Close()
	if err := control(f, do); err != nil {
		return fmt.Errorf("%s of %s: %w", what, r.path, err)
	}
	return nil
}

// fromRTC reads the kernel's struct rtc_time: months from 0, years from 1900.
func fromRTC(v unix.RTCTime) time.Time {
	return time.Date(int(v.Year)+1900, time.Month(v.Mon+1), int(v.Mday), int(v.Hour), int(v.Min), int(v.Sec), 0, time.UTC)
}

func toRTC(t time.Time) unix.RTCTime {
	return unix.RTCTime{
		Sec: int32(t.Second()), Min: int32(t.Minute()), Hour: int32(t.Hour()),
		Mday: int32(t.Day()), Mon: int32(t.Month()) - 1, Year: int32(t.Year()) - 1900,
		Wday: int32(t.Weekday()), Yday: int32(t.YearDay()) - 1,
	}
}
