package cameratest

import (
	"fmt"
	"slices"
	"testing"
)

// Runner makes a fresh rig and passes it on to check, once.
type Runner = func(t *testing.T, s Setup, check func(testing.TB, Rig))

// Run checks the cameras of a kind. For each check it calls run, which makes a
// fresh rig and passes it on.
func Run(t *testing.T, k Kind, run Runner) {
	powers := []Power{NoLine}
	if k.Switched {
		powers = []Power{NoLine, OffBetween, KeptOn}
	}
	for _, p := range powers {
		s := Setup{Power: p}
		each := func(name string, check func(testing.TB, *bench)) {
			t.Run(fmt.Sprintf("%s/%v", name, p), func(t *testing.T) {
				run(t, s, func(t testing.TB, r Rig) { check(t, &bench{Rig: r, setup: s}) })
			})
		}
		each("PicturesComeWholeAndNew", whole)
		each("PrepareLeavesTheCameraAsShootDoes", prepared)
		each("TheContextBoundsAHealthyCamera", func(t testing.TB, b *bench) { bounded(t, b, Healthy) })
		each("AnEndedContextTouchesNothing", ended)
		each("TheWritersFaultIsNotTheCameras", sink)
		each("OneShootAtATime", turns)
		each("CloseInMidPictureSwitchesOff", closed)
		for _, f := range k.Faults {
			name := func(what string) string { return what + "/" + f.String() }
			each(name("AFaultIsAnErrorAndTheNextShootIsGood"), func(t testing.TB, b *bench) { broken(t, b, f) })
			each(name("TheContextBoundsABrokenCamera"), func(t testing.TB, b *bench) { bounded(t, b, f) })
			each(name("CloseOfABrokenCameraSwitchesOff"), func(t testing.TB, b *bench) { closedBroken(t, b, f) })
		}
		if p == KeptOn && slices.Contains(k.Faults, Hangs) {
			each("TheLadderReachesThePowerLine", ladder)
		}
	}
}
