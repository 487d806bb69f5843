package capture

import "fieldcam/capture/photo"

// Aimer is a Camera that looks elsewhere for other sessions.
type Aimer interface {
	Camera
	// Aim says which session the next Shoot is for; empty for a photo by hand. It does
	// not wait: what there is to move is moved by that Shoot, within its context.
	Aim(session string)
}

// aim tells the camera what the next Shoot is for, where it wants to know.
func (l *loop) aim(shot photo.Shot) {
	if camera, ok := l.o.Camera.(Several); ok {
		camera.Begin(shot)
	}
	if camera, ok := l.o.Camera.(Aimer); ok {
		camera.Aim(shot.Session)
	}
}
