package config_test

import (
	"fmt"
	"strings"
	"testing"

	"fieldcam/config"
)

func TestEachProblemHasItsPlaceAndItsCure(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string // "line:column key: message", the message up to where it matters
	}{
		{"nothing", "", []string{`1:1 device: not in the file: want this controller's name`}},
		{"unknown key", "device = 'x'\nmodle = 'pro'", []string{`2:1 modle: unknown key; did you mean model?`}},
		{"unknown key in a table", "device = 'x'\n[upload]\nidle-timeout = '1m'", []string{`3:1 upload.idle-timeout: unknown key; did you mean upload.idle_timeout?`}},
		{"key of another table", "device = 'x'\nkeep_alive = '1m'", []string{`2:1 keep_alive: unknown key; did you mean mqtt.keep_alive?`}},
		{"unknown key like none", "device = 'x'\n[heartbeat]\naperture = 1", []string{`3:1 heartbeat.aperture: unknown key; known here: every`}},
		{"table in the wrong place", "device = 'x'\n[vc0706]\nport = '/dev/x'\nbuad = 1", []string{`2:2 vc0706: unknown key; did you mean camera.vc0706?`}},
		{"unknown key in an inline table", "device = 'x'\nlog = { levle = 'info' }", []string{`2:9 log.levle: unknown key; did you mean log.level?`}},
		{"unknown dotted key", "device = 'x'\ncamera.powr.line = 'GPIO17'", []string{`2:8 camera.powr: unknown key; did you mean camera.power?`}},

		{"number for text", "device = 17", []string{`1:10 device: the number 17: want a text in quotes`}},
		{"text for number", "device = 'x'\ncapture.attempts = '3'", []string{`2:20 capture.attempts: the text 3: want a whole number, without quotes`}},
		{"fraction for number", "device = 'x'\ncapture.attempts = 3.5", []string{`2:20 capture.attempts: the fraction 3.5: want a whole number`}},
		{"number for duration", "device = 'x'\nheartbeat.every = 300", []string{`2:19 heartbeat.every: the number 300: want a duration in quotes, such as "15m"`}},
		{"no duration", "device = 'x'\nheartbeat.every = '5 minutes'", []string{`2:19 heartbeat.every: "5 minutes": want a duration in quotes`}},
		{"text for truth", "device = 'x'\ncamera.power.keep_on = 'yes'", []string{`2:24 camera.power.keep_on: the text yes: want true or false`}},
		{"text for list", "device = 'x'\ncamera.command.argv = 'still'", []string{`2:23 camera.command.argv: the text still: want a list of texts in quotes, such as ["a", "b"]`}},
		{"numbers in a list", "device = 'x'\ncamera.command.argv = ['still', 1500]", []string{`2:23 camera.command.argv: in the list the number 1500: want a text in quotes`}},
		{"lists in a list", "device = 'x'\ncamera.command.argv = [['still']]", []string{`2:23 camera.command.argv: in the list a list: want a text in quotes`}},
		{"list without its program", "device = 'x'\ncamera.kind = 'command'\ncamera.command.argv = []", []string{`3:23 camera.command.argv: want a program and its arguments`}},
		{"list for text", "device = ['x']", []string{`1:10 device: a list: want a text in quotes`}},
		{"date for text", "device = 2026-11-21", []string{`1:10 device: the date or time 2026-11-21: want a text`}},
		{"table for text", "[device]\nx = 1", []string{`1:1 device: not in the file`, `1:2 device: a value, not a table`}},
		{"table for text, below", "[device.name]\nx = 1", []string{`1:1 device: not in the file`, `1:2 device: a value, not a table`}},
		{"text for table", "device = 'x'\nupload = 'https://a/b'", []string{`2:10 upload: the text: want a table, [upload]`}},
		{"text for tables", "device = 'x'\nsession = 'daily'", []string{`2:11 session: the text: want tables, [[session]]`}},
		{"texts for tables", "device = 'x'\nsession = ['a']", []string{`2:11 session: the text in the list: want tables`}},
		{"two brackets for one", "device = 'x'\n[[upload]]\nurll = ''", []string{`2:3 upload: a single table: want [upload]`, `3:1 upload.urll: unknown key`}},
		{"one bracket for two", "device = 'x'\n[session]\nname = 'a'\nkind = 'capture'\nevery = '1s'",
			[]string{`2:2 session: there can be several: want [[session]]`, `5:9 session[0].every: 1s: want a duration from 5s to 24h`}},
		{"number beyond every width", "device = 'x'\ncapture.attempts = 99999999999999999999", []string{`2:20 capture.attempts: 99999999999999999999: want 1 to 20`}},
		{"number beyond 32 bits", "device = 'x'\ncapture.attempts = 4294967297", []string{`2:20 capture.attempts: 4294967297: want 1 to 20`}},

		{"impossible value", "device = 'x'\n[capture]\nattempts = 0", []string{`3:12 capture.attempts: 0: want 1 to 20`}},
		{"empty value", "device = ''", []string{`1:10 device: want this controller's name`}},
		{"device with a slash", "device = '../x'", []string{`1:10 device: "../x": want this controller's name`}},
		{"zone of nowhere", "device = 'x'\ntime_zone = 'Europe/Brlin'", []string{`2:13 time_zone: "Europe/Brlin": want an IANA time zone`}},
		{"zone of this machine", "device = 'x'\ntime_zone = 'Local'", []string{`2:13 time_zone: "Local": want an IANA time zone`}},
		{"zone outside of the zone files", "device = 'x'\ntime_zone = '../../etc/passwd'", []string{`2:13 time_zone: "../../etc/passwd": want`}},
		{"level", "device = 'x'\nlog.level = 'verbose'", []string{`2:13 log.level: "verbose": want "debug", "info", "warn" or "error"`}},
		{"camera", "device = 'x'\ncamera.kind = 'leica'", []string{`2:15 camera.kind: "leica": want "vc0706"`}},
		{"value that clashes with a default", "device = 'x'\n[queue]\nstop_free_mb = 600", []string{`2:2 queue.keep_free_mb: not in the file, so 512: want at least stop_free_mb`}},
		{"no sessions", "device = 'x'\nsession = []", []string{`2:11 session: want at least one session`}},
		{"too many sessions", "device = 'x'\n" + strings.Repeat("[[session]]\n", config.MaxSessions+1), []string{`2:3 session: 1001: want at most 1000 sessions`}},
		{"session without its keys", "device = 'x'\n[[session]]\n[[session]]\nname='b'\nkind='capture'\nevery='1m'",
			[]string{`2:3 session[0].name: not in the file`, `2:3 session[0].kind: not in the file`, `2:3 session[0].every: not in the file`}},
		{"session's own values", "device = 'x'\n[[session]]\nname='a'\nkind='photo'\ndays='someday'\nfrom='25:00'\nevery='1m'",
			[]string{`4:6 session[0].kind: "photo": want "capture"`, `5:6 session[0].days: "someday": want days`, `6:6 session[0].from: "25:00": want a time of day`}},
		{"two sessions of one name", "device = 'x'\nsession = [{name='a',kind='capture',every='1m'},{name='a',kind='upload',every='1m'}]",
			[]string{`2:55 session[1].name: "a": want a name that no other session has`}},

		{"key twice", "device = 'x'\ndevice = 'y'", []string{`2:1 device: given twice, first on line 1`}},
		{"key twice in an inline table", "device = 'x'\nlog = {level='info',level='warn'}", []string{`2:21 log.level: given twice, first on line 2`}},
		{"table twice", "device = 'x'\n[log]\n[upload]\n[log]\nlevel = 'x'", []string{`4:2 log: given twice, first on line 2`, `5:9 log.level: "x": want`}},
		{"table and inline table", "device = 'x'\nlog = {}\n[log]", []string{`3:2 log: given twice, first on line 2`}},
		{"list and tables", "device = 'x'\nsession = [{name='a',kind='capture',every='1m'}]\n[[session]]", []string{`3:3 session: given twice, first on line 2`}},
		{"dotted key into a closed table", "device = 'x'\nlog = {}\nlog.level = 'info'", []string{`3:`}},
		{"value that becomes a table", "device = 'x'\ndevice.name = 'y'", []string{`2:1 device: a value since line 1, cannot be a table too`}},

		{"syntax", "device = 'x'\nmodel = tempo\nwrong = 1", []string{`2:9 : not TOML: expected keyword "true"`}},
		{"syntax after problems", "modle = 'x'\nmodel = 'tempo", []string{`1:1 modle: unknown key`, `2:14 : not TOML: unterminated literal string; nothing after this was checked`}},
		{"no value", "device =", []string{`1:8 : not TOML: expected value`}},
		{"no UTF-8", "device = 'x'\n# \xe4\n", []string{`2:3 : the byte 0xe4 is not UTF-8 text`}},
		{"UTF-16", "\xff\xfed\x00e\x00", []string{`0:0 : the text is encoded as UTF-16`}},
		{"zeros after a power cut", "device = 'x'\n\x00\x00\x00", []string{`2:1 : a NUL byte: this is not a text file, or it was damaged`}},
		{"deep nesting", "device = " + strings.Repeat("[", 100_000), []string{`1:10010 : not TOML: arrays and inline tables are nested more than`}},
		{"column in characters", "device = 'x'\nlog = { 'höhe' = 1, levle = 'x' }", []string{`2:9 log.höhe: unknown key`, `2:21 log.levle: unknown key`}},
		{"terminal codes in a key", "device = 'x'\n\"\\u001b[2J\" = 1", []string{`2:1 ?[2J: unknown key`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := refused(t, tt.text)
			var got []string
			for _, p := range e.Problems {
				got = append(got, fmt.Sprintf("%d:%d %s: %s", p.Line, p.Column, p.Key, p.Message))
			}
			if len(got) != len(tt.want) {
				t.Fatalf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
			for i, want := range tt.want {
				if !strings.HasPrefix(got[i], want) {
					t.Errorf("problem %d: got %s, want %s...", i, got[i], want)
				}
			}
		})
	}
}

func TestProblemsAreBounded(t *testing.T) {
	var text strings.Builder
	const keys = 20_000
	for i := range keys {
		fmt.Fprintf(&text, "nonsense_%d = 1\n", i)
	}
	e := refused(t, text.String())
	if got := len(e.Problems); got != config.MaxProblems {
		t.Errorf("got %d problems, want %d", got, config.MaxProblems)
	}
	if want := keys + 1 - config.MaxProblems; e.More != want { // and no device
		t.Errorf("got %d more, want %d", e.More, want)
	}
	if got := e.Error(); !strings.HasSuffix(got, fmt.Sprintf("\nand %d more", e.More)) {
		t.Errorf("got the end %q", got[len(got)-40:])
	}
}

func TestSnippetsFitATerminal(t *testing.T) {
	for _, before := range []int{0, 30, 60, 64, 68, 80, 5000} {
		text := "device = 'x'\nlog = {" + strings.Repeat(" ", before) + "levle = 'info' }" + strings.Repeat(" #", 100)
		for line := range strings.SplitSeq(refused(t, text).Error(), "\n") {
			if strings.Contains(line, " | ") && len(line) > 79 {
				t.Errorf("%d before: got %d columns, want at most 79: %s", before, len(line), line)
			}
		}
		p := refused(t, text).Problems[0]
		if !strings.HasPrefix(p.Source[p.Caret:], "le") {
			t.Errorf("%d before: caret %d of %q is not at the key", before, p.Caret, p.Source)
		}
	}
}

func TestNoSecretIsInAnError(t *testing.T) {
	const secret = "zQ9_hunter2"
	head := "device = 'x'\nnonsense = 1\n" // so that each text is refused
	for _, text := range []string{
		"identity.password = '%s'\nidentity.password = '%s'",
		"[identity]\npassword = '%s'\npassword_file = 'f'",
		"[identity]\npasswort = '%s'",
		"[identity]\npassword = ['%s']",
		"[identity]\npassword = %s",
		"[identity]\npassword = '%s",
		"[identity]\npassword = \"%s\\q\"",
		"[identity]\npassword = \"\"\"\n%s\n",
		"[identity]\npassword = \"\"\"\n%s\\q\"\"\"",
		"[identity]\npassword '%s'",
		"identity = { password = '%s', x = 1 }",
		"identity = { x = 1, password = '%s' }",
		"identity = { password = '%s' x = 1 }",
		"identity = { password = '%s'\nx = 1 }",
		"model = 'pro' password = '%s'",
		"[mqtt]\npassword = '%s'",
		"password = '%s'",
		"[[session]]\nname = 'a'\npassword = '%s'",
		"[upload]\nurl = 'https://bob:%s@hub.example/'",
		"[upload]\nurl = 'https://bob:a/b@%s@hub.example/'",
		"[upload]\nurl = 'https://bob:%s@hub.example/",
		"[upload]\nurl = https://bob:%s@hub.example/",
		"[mqtt]\nurl = 'tls://bob:%s@hub.example:1'",
		"[heartbeat]\nevery = 'tls://bob:%s@hub.example:1'",
		"[capture]\nattempts = 'tls://bob:%s@hub.example:1'",
		"device.password = '%s'",
		"camera.kind = 'http'\n[camera.http]\npassword = '%s'",
		"camera.kind = 'http'\n[camera.http]\nurl = 'http://bob:%s@10.0.0.9/1.jpg'",
		"camera.kind = 'command'\ncamera.command.argv = ['ffmpeg', '-i', 'rtsp://bob:%s@10.0.0.9/1']",
		"camera.command.argv = ['ffmpeg', '-i', 'rtsp://bob:%s@10.0.0.9/1', 1]",
		"[identity]\npassword.x = '%s'",
		"[identity.password]\nx = '%s'",
		"[[identity]]\npassword = '%s'\nx = 1",
		"'%s",
		"nonsense.more = [ '%s', 1 ",
		"[identity]\npassword = '%s'\x00",
	} {
		e := refused(t, head+strings.ReplaceAll(text, "%s", secret)+"\n")
		if got := e.Error(); strings.Contains(got, secret) || strings.Contains(got, secret[:5]) {
			t.Errorf("%q: the secret is in\n%s", text, got)
		}
	}
}
