package at

import (
	"fmt"
	"strconv"
	"strings"
)

// SIM is what AT+CPIN? says (TS 27.007, 8.3), in a word.
type SIM string

// The states of a SIM.
const (
	SIMReady   SIM = "ready"
	SIMLocked  SIM = "locked"  // a PIN, a PUK or another code is wanted
	SIMMissing SIM = "missing" // +CME ERROR: 10
	SIMFault   SIM = "fault"   // +CME ERROR: 13, 14 for long, 15
)

// ParseCPIN reads "+CPIN: READY" and its like.
func ParseCPIN(line string) (SIM, error) {
	text, ok := strings.CutPrefix(line, "+CPIN:")
	if !ok {
		return "", unexpected(line, "+CPIN: READY")
	}
	switch text = strings.TrimSpace(text); {
	case text == "READY":
		return SIMReady, nil
	case strings.HasSuffix(text, "PIN") || strings.HasSuffix(text, "PUK") || strings.HasSuffix(text, "PIN2") || strings.HasSuffix(text, "PUK2"):
		return SIMLocked, nil
	}
	return "", unexpected(line, "+CPIN: READY, or a code that is wanted")
}

// SIMOfError is what an error of AT+CPIN? says of the SIM (TS 27.007, 9.2.1); false
// where it says nothing.
func SIMOfError(code int) (SIM, bool) {
	switch code {
	case 10: // SIM not inserted
		return SIMMissing, true
	case 11, 12, 17, 18: // PIN, PUK, PIN2, PUK2 required
		return SIMLocked, true
	case 13, 15: // SIM failure, SIM wrong
		return SIMFault, true
	}
	return "", false
}

// noSignal is <rssi> and <rscp> where nothing is known.
const noSignal = 99

// ParseCSQ reads "+CSQ: 17,99" (TS 27.007, 8.5) as dBm, -113 to -51; false where
// the modem does not know.
func ParseCSQ(line string) (dBm int, ok bool, err error) {
	fields, err := fieldsOf(line, "+CSQ:", 2)
	if err != nil {
		return 0, false, err
	}
	n, err := number(fields[0])
	switch {
	case err != nil || n > noSignal || n > 31 && n != noSignal:
		return 0, false, unexpected(line, "+CSQ: 0 to 31 or 99")
	case n == noSignal:
		return 0, false, nil
	}
	return -113 + 2*n, true, nil
}

// Registration is <stat> of AT+CREG? and AT+CEREG? (TS 27.007, 7.2 and 10.1.22), in
// a word.
type Registration string

// The states of registration.
const (
	NotSearching Registration = "idle"
	Home         Registration = "home"
	Searching    Registration = "searching"
	Denied       Registration = "denied"
	Unknown      Registration = "unknown" // as out of coverage
	Roaming      Registration = "roaming"
)

// On tells whether the modem has a network for data.
func (r Registration) On() bool { return r == Home || r == Roaming }

// ParseREG reads "+CREG: 0,1", "+CEREG: 2,5,…" and their like; command is "+CREG" or
// another of them.
func ParseREG(line, command string) (Registration, error) {
	fields, err := fieldsOf(line, command+":", 2)
	if err != nil {
		return "", err
	}
	n, err := number(fields[1])
	if err != nil {
		return "", unexpected(line, command+": n,stat")
	}
	// 6 and 7 are for SMS only, 8 emergency calls only.
	states := []Registration{NotSearching, Home, Searching, Denied, Unknown, Roaming, Denied, Denied, Denied, Home, Roaming}
	if n >= len(states) {
		return "", unexpected(line, "a stat of 0 to 10")
	}
	return states[n], nil
}

// Operator is what AT+COPS? says (TS 27.007, 7.3).
type Operator struct {
	// Name is the operator's, or its number; empty: none.
	Name string
	// Technology is "GSM", "UMTS", "LTE", …; empty: not told.
	Technology string
}

// ParseCOPS reads `+COPS: 0,0,"Operator",7`, and "+COPS: 0" of no operator.
func ParseCOPS(line string) (Operator, error) {
	fields, err := fieldsOf(line, "+COPS:", 1)
	if err != nil {
		return Operator{}, err
	}
	var o Operator
	if len(fields) >= 3 {
		o.Name = strings.Trim(fields[2], `"`)
	}
	if len(fields) >= 4 {
		n, err := number(fields[3])
		if err != nil {
			return Operator{}, unexpected(line, "a number of the technology")
		}
		names := []string{"GSM", "GSM", "UMTS", "EDGE", "HSPA", "HSPA", "HSPA", "LTE", "EC-GSM-IoT", "NB-IoT", "LTE", "5G", "5G", "LTE"}
		if n < len(names) {
			o.Technology = names[n]
		}
	}
	return o, nil
}

// fieldsOf splits what is behind the prefix at commas outside of quotes.
func fieldsOf(line, prefix string, least int) ([]string, error) {
	text, ok := strings.CutPrefix(line, prefix)
	if !ok {
		return nil, unexpected(line, prefix)
	}
	var fields []string
	quoted, from := false, 0
	for i := range len(text) {
		switch {
		case text[i] == '"':
			quoted = !quoted
		case text[i] == ',' && !quoted:
			fields = append(fields, strings.TrimSpace(text[from:i]))
			from = i + 1
		}
	}
	fields = append(fields, strings.TrimSpace(text[from:]))
	if len(fields) < least {
		return nil, unexpected(line, fmt.Sprintf("%d values", least))
	}
	return fields, nil
}

// number reads a number as modems write it: digits, at most four.
func number(s string) (int, error) {
	const most = 4
	if len(s) > most || strings.Trim(s, "0123456789") != "" {
		return 0, fmt.Errorf("%.20q: want a number", s)
	}
	return strconv.Atoi(s)
}

func unexpected(line, want string) error {
	return fmt.Errorf("the modem says %.60q: want %s", line, want)
}
