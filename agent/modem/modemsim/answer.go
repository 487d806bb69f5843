package modemsim

import (
	"strings"
	"time"
)

// endless is what an Endless modem sends for one command.
const endless = 64 << 10

// answer is what the modem sends for one command line; empty: nothing.
func (m *Modem) answer(command string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.faults
	if !m.on || f.Silent || f.Hung || time.Now().Before(m.answers) {
		return ""
	}
	if f.Endless {
		return strings.Repeat("x", endless)
	}
	var b strings.Builder
	if f.Chatty {
		b.WriteString("\x00\xff\r\nRDY\r\n+CMTI: \"SM\",3\r\n")
	}
	if m.echo {
		b.WriteString(command + "\r")
	}
	result := "OK"
	for part := range strings.SplitSeq(strings.TrimPrefix(command, "AT"), "+") {
		line, r := m.reply(part)
		if line != "" {
			b.WriteString("\r\n" + line + "\r\n")
		}
		if f.Chatty {
			b.WriteString("\r\n+CREG: 1\r\nNETWORK\r\n")
		}
		if r != "OK" {
			result = r
			break
		}
	}
	b.WriteString("\r\n" + result + "\r\n")
	return b.String()
}

// reply is the line and the result of one command without its "+". mu is held.
func (m *Modem) reply(command string) (line, result string) {
	f := m.faults
	registration := "1"
	switch {
	case f.NoSIM || f.Locked:
		registration = "0"
	case f.Denied:
		registration = "3"
	case f.Deaf:
		registration = "2"
	}
	switch command {
	case "", "CMEE=1":
	case "E0":
		m.echo = false
	case "CPIN?":
		switch {
		case f.NoSIM:
			return "", "+CME ERROR: 10"
		case f.Locked:
			return "+CPIN: SIM PIN", "OK"
		}
		return "+CPIN: READY", "OK"
	case "CSQ":
		if f.Deaf {
			return "+CSQ: 99,99", "OK"
		}
		return "+CSQ: 17,99", "OK"
	case "CEREG?":
		return "+CEREG: 0," + registration, "OK"
	case "CREG?":
		return "+CREG: 0," + registration, "OK"
	case "COPS?":
		if registration != "1" {
			return "+COPS: 0", "OK"
		}
		return `+COPS: 0,0,"Field, Net",7`, "OK"
	case "CFUN=1,1":
		m.starts++
		m.echo = true
		m.answers = time.Now().Add(m.o.Timing.Boot)
	case "QPOWD=1", "CPOWD=1", "CPOF":
		m.end()
	default:
		return "", "+CME ERROR: 100" // unknown (TS 27.007, 9.2.1)
	}
	return "", "OK"
}
