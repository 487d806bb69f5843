package config

import (
	"fmt"
	"strings"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/command"
	"fieldcam/capture/camera/gphoto"
	"fieldcam/capture/camera/ipcam"
	"fieldcam/capture/camera/shutter"
	"fieldcam/capture/camera/ucam"
	"fieldcam/capture/camera/vc0706"
	"fieldcam/capture/camera/visca"
	"fieldcam/config/invalid"
)

// Camera is which camera there is and how to reach it.
type Camera struct {
	// Kind chooses the driver, and with it the table of its name: one of kinds.
	// Default: that whose table the file has, where it has one; else the model's.
	Kind string `toml:"kind"`
	// PhotoKB is the expected size of one photo, with all its files, in kilobytes
	// (10^3 bytes). Default 0: not known; what was measured goes before it.
	PhotoKB int                `toml:"photo_kb"`
	Power   camera.PowerConfig `toml:"power"`
	VISCA   visca.Config       `toml:"visca"`
	VC0706  vc0706.Config      `toml:"vc0706"`
	UCAM    ucam.Config        `toml:"ucam"`
	Shutter shutter.Config     `toml:"shutter"`
	GPhoto  gphoto.Config      `toml:"gphoto"`
	Command command.Config     `toml:"command"`
	HTTP    ipcam.Config       `toml:"http"`
}

// The kinds of cameras.
const (
	KindVC0706  = "vc0706"  // the serial JPEG camera of package vc0706
	KindUCAM    = "ucam"    // the serial JPEG camera of package ucam
	KindShutter = "shutter" // any camera with a remote socket, in Low Power Mode: package shutter
	KindGPhoto  = "gphoto"  // a DSLR or mirrorless camera by gphoto2: package gphoto
	KindCommand = "command" // any program that writes a JPEG: package command
	KindHTTP    = "http"    // an IP camera: package ipcam
)

// defaultCamera is the first kind, which the model's replaces, and every kind's own
// defaults.
func defaultCamera() Camera {
	return Camera{
		Kind: KindVC0706, Power: camera.DefaultPower(), VISCA: visca.Default(),
		VC0706:  vc0706.Default(),
		UCAM:    ucam.Default(),
		Shutter: shutter.Default(),
		GPhoto:  gphoto.Default(),
		Command: command.Default(),
		HTTP:    ipcam.Default(),
	}
}

// kind is one kind of camera. Its table in the file is [camera.NAME]; the tables of
// kinds that are not chosen are read, but not validated.
type kind struct {
	name     string
	text     string // what it is, behind the name
	validate func(Camera) error
}

// kinds lists what Camera.Kind may be. The drivers are made in package agent.
func kinds() []kind {
	return []kind{
		{KindVC0706, "is a serial JPEG camera of the VC0706 family", func(c Camera) error { return c.VC0706.Validate() }},
		{KindUCAM, "is a serial JPEG camera of 4D Systems (uCAM-II, uCAM-III), or a board with an OV528", func(c Camera) error { return c.UCAM.Validate() }},
		{KindShutter, "is any camera with a remote socket, in Low Power Mode: it is fired at each slot, and its pictures are fetched from its card at the upload sessions",
			Camera.validateShutter},
		{KindGPhoto, "is a DSLR or mirrorless camera on USB or the network, driven by gphoto2", func(c Camera) error { return c.GPhoto.Validate() }},
		{KindCommand, "is any program that writes a JPEG to a file or to standard output, such as rpicam-still, fswebcam or ffmpeg",
			func(c Camera) error { return c.Command.Validate() }},
		{KindHTTP, "is an IP camera, asked for a snapshot at an address that is configured or found by ONVIF",
			func(c Camera) error { return c.HTTP.Validate() }},
	}
}

// validateShutter validates the table of a camera in Low Power Mode, and that of what
// fetches its pictures.
func (c Camera) validateShutter() error {
	var l invalid.List
	l.Under("", c.Shutter.Validate())
	if err := c.GPhoto.Validate(); err != nil && c.Shutter.Fetch == shutter.FetchGPhoto {
		l.Add("fetch", c.Shutter.Fetch, "a table [camera.gphoto] that can be used: "+err.Error())
	}
	return l.Err()
}

// kindNames lists the names of kinds.
func kindNames() []string {
	var all []string
	for _, k := range kinds() {
		all = append(all, k.name)
	}
	return all
}

// kindText explains Camera.Kind to a technician.
func kindText() string {
	var all []string
	for _, k := range kinds() {
		all = append(all, tomlString(k.name)+" "+k.text)
	}
	return "The kind of camera. " + strings.Join(all, "; ") + ". Where it is left out, and the file has the table of one kind, it is that kind."
}

// maxPhotoKB is more than any camera's raw file and picture together.
const maxPhotoKB = 1_000_000

// checkViews reports the views of sessions that there are not: they would never be
// looked at.
func (c Config) checkViews(l *invalid.List) {
	known := map[string]bool{}
	for _, s := range c.Sessions {
		known[s.Name] = true
	}
	for _, e := range c.Events {
		for _, s := range e.Sessions {
			known[s.Name] = true
		}
	}
	for _, s := range c.Shots {
		known[s.Name] = true
	}
	for i, v := range c.Camera.VISCA.Views {
		if v.Session != "" && !known[v.Session] { // Validate complains of an empty one
			l.Add(fmt.Sprintf("camera.visca.view[%d].session", i), v.Session, "the name of a capture session or a shot")
		}
	}
}

// validate reports every value that cannot be used, as invalid.Values.
func (c Camera) validate() error {
	var l invalid.List
	oneOf(&l, "kind", c.Kind, kindNames())
	if c.PhotoKB < 0 || c.PhotoKB > maxPhotoKB {
		l.Add("photo_kb", c.PhotoKB, "0 (not known) to 1000000")
	}
	l.Under("power", c.Power.Validate())
	l.Under("visca", c.VISCA.Validate())
	if c.VISCA.Port != "" && c.Kind == KindShutter {
		l.Add("visca.port", c.VISCA.Port, "nothing: a camera in Low Power Mode is not aimed")
	}
	for _, k := range kinds() {
		if k.name == c.Kind {
			l.Under(k.name, k.validate(c))
		}
	}
	return l.Err()
}
