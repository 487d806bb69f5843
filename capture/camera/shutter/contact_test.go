package shutter_test

import (
	"os"
	"path/filepath"
	"testing"

	"fieldcam/hal/sim"
)

// restart is the end of the process and the start of the next.
func (r *rig) restart() {
	r.tb.Helper()
	if err := r.camera.Close(); err != nil {
		r.tb.Fatal(err)
	}
	r.camera = r.open()
	if err := r.camera.Prepare(); err != nil {
		r.tb.Fatal(err)
	}
}

func TestABrokenContactIsKnownAfterARestart(t *testing.T) {
	unwired(t, false, nil, func(r *rig, _ *sim.Line) {
		r.look()
		r.fires("before the card is looked at", false)
		r.look()
		r.restart()
		r.fires("at once after a restart", true)
		r.cfg.Confirm.Line = "OTHER" // a person takes another line for it
		r.board.AddLine("OTHER").Drive(true)
		r.restart()
		r.fires("with another line, of which nothing is known", false)
	})
}

// A controller that starts anew more often than it looks at its card, as one that is
// dormant by night does.
func TestABrokenContactIsFoundOutAcrossRestarts(t *testing.T) {
	unwired(t, false, nil, func(r *rig, _ *sim.Line) {
		r.look()
		r.restart()
		r.fires("before the second look", false)
		r.restart()
		r.look()
		r.fires("after the second look, which was this process's first", true)
	})
}

// What was on the card when an earlier process looked, and what its confirmed shots left,
// says nothing of the contact.
func TestAContactIsNotJudgedByThePicturesOfAnEarlierProcess(t *testing.T) {
	unwired(t, true, nil, func(r *rig, _ *sim.Line) {
		r.put("100FIELD/IMG_0000.JPG", picture(0, morning), morning)
		r.look()
		r.sim.Power(false)
		r.fires("a camera that hangs", false)
		r.restart()
		r.look()
		r.fires("the look has found the old picture alone", false)
		r.sim.Power(true)
		r.fires("it works again", true)
		r.restart()
		r.sim.Power(false)
		r.fires("it hangs again", false)
		r.look()
		r.fires("the look has found the picture of the shot before the restart", false)
	})
}

func TestAContactThatWasMendedIsBelievedAfterARestart(t *testing.T) {
	unwired(t, true, nil, func(r *rig, contact *sim.Line) {
		known := `{"format":1,"line":"` + contactLine + `","active_high":false,"mute":true,"looked":true,"newest":1000001,"counted":false,"silent":false}`
		if err := os.WriteFile(filepath.Join(r.dir, "contact.json"), []byte(known), 0o600); err != nil {
			t.Fatal(err)
		}
		r.restart()
		r.fires("with a contact that closes", true)
		r.restart()
		r.sim.Power(false)
		r.fires("a camera that hangs", false)
	})
}

func TestADamagedFileOfTheContactCostsItsVerdictAlone(t *testing.T) {
	for name, damaged := range map[string]string{
		"half":             `{"format":1,"line":"`,
		"of another make":  `{"format":2,"mute":true}`,
		"with more in it":  `{"format":1,"mute":true,"colour":"red"}`,
		"without anything": ``,
	} {
		t.Run(name, func(t *testing.T) {
			unwired(t, false, nil, func(r *rig, _ *sim.Line) {
				path := filepath.Join(r.dir, "contact.json")
				if err := os.WriteFile(path, []byte(damaged), 0o600); err != nil {
					t.Fatal(err)
				}
				r.restart()
				r.fires("nothing is known", false)
				if got, err := os.ReadFile(path + ".damaged"); err != nil || string(got) != damaged {
					t.Errorf("set aside: %q, %v, want %q", got, err, damaged)
				}
				r.look()
				r.fires("after the first look", false)
				r.look()
				r.fires("after the second", true)
				r.restart()
				r.fires("after a restart", true)
			})
		})
	}
}
