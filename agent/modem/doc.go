// Package modem looks after the mobile modem: it keeps it switched on, asks how it
// fares, and restarts it where the cloud has not been reached for hours.
//
// # Switching
//
// A modem's power key toggles: the same pulse that switches it on switches it off.
// So with a STATUS line the key is pressed only where that says that the modem is off
// and nothing shows that it is on: an answer, where there is whom to ask, or its network
// card, where it has one that is known for a modem's (Options.There). One that is on all
// the same is left alone, and the contradiction is reported. A modem that nobody asks and
// that has no such card, as one on a serial line or one that shows itself as an Ethernet
// card, is switched off once by a STATUS line whose wire is loose. That the cloud answers
// tells nothing of it: it may be reached by another way, and a modem that is the second
// one is to be on as well. Without STATUS it is pressed only where the modem, or
// its port, has not been there for longer than it takes to start, and for two looks. A
// press that did the contrary is seen, and mended by the next. Each that STATUS does not
// follow doubles the pause before that, up to an hour. The key is never held: it is
// released on every path, before anything else, and that is tried twice.
//
// # Restarts
//
// Where the cloud has not answered for Config.RestartAfter, outside of maintenance
// windows, the modem is restarted: first by a command, the next time by its key,
// then by its power line, as far as there are such. Each further restart waits twice
// as long, up to a day, for a network that is down is not mended by restarts. All
// waits have jitter.
//
// Nothing here touches data connections: whoever makes them (ModemManager, pppd,
// the modem's own network card) makes them anew after a restart.
//
// Out of scope: entering PINs, since three wrong ones lock the card for ever; and
// setting the APN, which belongs to whoever makes the connection.
package modem
