package stage

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/template"
)

// Credentials are what the hub gave the controller, as its `device add --json`
// prints them.
type Credentials struct {
	Username string `json:"username"`
	Password string `json:"password"`
	CAFile   string `json:"ca_file"` // of the hub's authority
	// NoticeKey is by which the hub signs its notices of maintenance windows.
	NoticeKey string `json:"notice_key"`
}

// Register gives the controller's credentials: those of an earlier Stage in this
// directory, or new ones. The hub need not run.
func (s *Stage) Register(ctx context.Context) (c Credentials, err error) {
	file := s.path("credentials.json")
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		hub := filepath.Join(s.o.Bin, "fieldcam-hub")
		// A password that was never written down is of no use.
		_ = exec.CommandContext(ctx, hub, "device", "remove", s.o.Device, "--data", s.path("hub")).Run()
		if text, err = exec.CommandContext(ctx, hub, "device", "add", s.o.Device, "--json", "--data", s.path("hub")).Output(); err != nil {
			return c, fmt.Errorf("register the controller at the hub: %w", err)
		}
		err = os.WriteFile(file, text, 0o600)
	}
	if err != nil {
		return c, fmt.Errorf("keep the controller's credentials: %w", err)
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return c, fmt.Errorf("read %s: %w", file, err)
	}
	return c, nil
}

// configText is the controller's configuration; what follows is Options.Config.
const configText = `# Made anew at each start.
device = {{printf "%q" .Device}}

[identity]
ca_file = {{printf "%q" .CAFile}}
username = {{printf "%q" .Username}}
password = {{printf "%q" .Password}}

[upload]
url = "https://{{.Upload}}/files/"
{{.UploadMore}}

[mqtt]
url = "tls://{{.Control}}"
{{.MQTTMore}}

[maintenance]
notice_key = {{printf "%q" .NoticeKey}}
spread = "30s" # a fleet of one
`

// Configure writes the controller's configuration file, with rest in the place of
// Options.Config. A daemon that runs does not notice.
func (s *Stage) Configure(ctx context.Context, rest string) error {
	c, err := s.Register(ctx)
	if err != nil {
		return err
	}
	ca, err := s.authorities(c.CAFile)
	if err != nil {
		return err
	}
	t, err := template.New("config").Parse(configText + rest)
	if err != nil {
		return fmt.Errorf("read the configuration's template: %w", err)
	}
	var b strings.Builder
	err = t.Execute(&b, map[string]string{
		"Device": s.o.Device, "Username": c.Username, "Password": c.Password, "CAFile": ca, "NoticeKey": c.NoticeKey,
		"Upload": s.upload.Addr(), "Control": s.control.Addr(),
		"UploadMore": s.o.Upload, "MQTTMore": s.o.MQTT,
		"Port": s.eye.Path(), "Power": s.PowerFile(),
	})
	if err != nil {
		return fmt.Errorf("fill in the configuration: %w", err)
	}
	if err := os.WriteFile(s.ConfigFile(), []byte(b.String()), 0o600); err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	return nil
}

// authorities is a file with the hub's authority and that of Options.BrokerCA.
func (s *Stage) authorities(hub string) (string, error) {
	if s.o.BrokerCA == "" {
		return hub, nil
	}
	var all [][]byte
	for _, file := range []string{hub, s.o.BrokerCA} {
		pem, err := os.ReadFile(file)
		if err != nil {
			return "", fmt.Errorf("read authority: %w", err)
		}
		all = append(all, pem)
	}
	file := s.path("authorities.pem")
	if err := os.WriteFile(file, bytes.Join(all, []byte("\n")), 0o644); err != nil {
		return "", fmt.Errorf("write authorities: %w", err)
	}
	return file, nil
}
