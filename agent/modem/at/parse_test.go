package at_test

import (
	"testing"

	"fieldcam/agent/modem/at"
)

func TestAnswersAreReadAsTheStandardSays(t *testing.T) {
	for line, want := range map[string]at.SIM{
		"+CPIN: READY": at.SIMReady, "+CPIN: SIM PIN": at.SIMLocked, "+CPIN:SIM PUK": at.SIMLocked, "+CPIN: PH-NET PIN": at.SIMLocked, "+CPIN: SIM PIN2": at.SIMLocked,
	} {
		if got, err := at.ParseCPIN(line); err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", line, got, err, want)
		}
	}
	for line, want := range map[string]int{"+CSQ: 0,99": -113, "+CSQ: 17,0": -79, "+CSQ:31,7": -51} {
		if got, ok, err := at.ParseCSQ(line); err != nil || !ok || got != want {
			t.Errorf("%s: got %d, %t, %v, want %d", line, got, ok, err, want)
		}
	}
	if _, ok, err := at.ParseCSQ("+CSQ: 99,99"); ok || err != nil {
		t.Errorf("99: got %t, %v, want that nothing is known", ok, err)
	}
	for line, want := range map[string]at.Registration{
		"+CEREG: 0,1": at.Home, "+CEREG: 2,5,\"1A2B\",\"01C3D4E5\",7": at.Roaming, "+CEREG: 0,2": at.Searching, "+CEREG: 0,3": at.Denied, "+CEREG: 0,0": at.NotSearching, "+CEREG: 0,4": at.Unknown,
	} {
		if got, err := at.ParseREG(line, "+CEREG"); err != nil || got != want || got.On() != (want == at.Home || want == at.Roaming) {
			t.Errorf("%s: got %q, %v, want %q", line, got, err, want)
		}
	}
	for line, want := range map[string]at.Operator{
		`+COPS: 0,0,"Telekom, de",7`: {Name: "Telekom, de", Technology: "LTE"}, "+COPS: 0": {}, `+COPS: 0,2,"26201"`: {Name: "26201"}, `+COPS: 0,0,"X",99`: {Name: "X"},
	} {
		if got, err := at.ParseCOPS(line); err != nil || got != want {
			t.Errorf("%s: got %+v, %v, want %+v", line, got, err, want)
		}
	}
}

func TestNonsenseIsAnErrorThatShowsIt(t *testing.T) {
	for _, line := range []string{"", "+CPIN", "+CPIN: ", "+CPIN: NOT READY", "+CSQ: 17", "+CSQ: 32,99", "+CSQ: -1,0", "+CSQ: 99999,0", "+CREG: 0", "+CREG: 0,11", "+CREG: 0,x", `+COPS: 0,0,"X",y`, "OK"} {
		_, err1 := at.ParseCPIN(line)
		_, _, err2 := at.ParseCSQ(line)
		_, err3 := at.ParseREG(line, "+CREG")
		_, err4 := at.ParseCOPS(line)
		if err1 == nil || err2 == nil || err3 == nil || err4 == nil {
			t.Errorf("%q: got %v, %v, %v, %v, want errors", line, err1, err2, err3, err4)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, line := range []string{"+CPIN: READY", "+CSQ: 17,99", "+CREG: 0,1", `+COPS: 0,0,"a,b",7`, `+COPS: "`, "+CEREG: ,"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if dBm, ok, err := at.ParseCSQ(line); ok && (err != nil || dBm < -113 || dBm > -51) {
			t.Errorf("%q: %d dBm, %v", line, dBm, err)
		}
		if r, err := at.ParseREG(line, "+CREG"); (err == nil) == (r == "") {
			t.Errorf("%q: %q, %v", line, r, err)
		}
		if s, err := at.ParseCPIN(line); (err == nil) == (s == "") {
			t.Errorf("%q: %q, %v", line, s, err)
		}
		_, _ = at.ParseCOPS(line)
	})
}
