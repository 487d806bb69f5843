// Package e2e holds the end-to-end tests: the real programs as processes, with a
// simulated camera on a pseudo-terminal, a real Mosquitto, the hub with its tus
// receiver, and a network between them that can be cut. They are built with the
// tag e2e, since they take minutes:
//
//	go test -tags e2e ./cmd/fieldcam-sim/e2e
//
// FIELDCAM_SEED=N repeats the choices of the random test, not their effect: the
// programs run in real time. FIELDCAM_KEEP=1 keeps the directories.
package e2e
