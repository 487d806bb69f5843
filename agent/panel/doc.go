// Package panel is what a technician at the pole sees and presses: a light of two
// colours, and a button.
//
// # The light
//
//	amber                 starting
//	green                 the cloud is reached
//	red                   the cloud is not reached; photos are taken
//	red, flashing         a fault that stops photos, or soon will
//	amber, flashing       the button's photo is being taken
//	green, three flashes  it was taken, and an upload session begins
//	red, three flashes    it was not
//	amber, fast           the button was held: its command runs
//	dark                  off, or nobody has pressed the button for Config.DarkAfter;
//	                      without a button, since the start
//
// Dark is the safe level: each end of the program leaves both colours off.
//
// # The button
//
// A short press lights the light; and where it was lit takes a photo and uploads. Held
// for HoldTime, the button runs Config.HoldCommand, as it may be to switch the board
// off. What is pressed while something runs is not remembered.
package panel
