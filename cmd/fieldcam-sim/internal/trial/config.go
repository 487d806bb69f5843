package trial

import (
	"fmt"
	"os"
	"strings"
	"text/template"

	"fieldcam/cmd/fieldcam-sim/internal/cloud"
	"fieldcam/cmd/fieldcam-sim/internal/emulated"
)

// device is the controller's name.
const device = "tempo-emulated"

// The lines of the GPIO controller, by pin. The kernel holds the one for the power
// button.
const (
	pinHalf = iota
	pinFull
	pinPower
	_
	pinFree // nobody's
	pinModem
	pinHeater
	pinLight
)

// lines are their names in the device tree.
func lines() []string {
	return []string{
		pinHalf: "FOCUS", pinFull: "SHUTTER", pinPower: "CAMERA_POWER", emulated.PowerPin: "BUTTON", pinFree: "FREE",
		pinModem: "MODEM_POWER", pinHeater: "HEATER", pinLight: "LED",
	}
}

// common is what every configuration begins with.
var common = template.Must(template.New("config").Parse(`device = "{{.Device}}"

[log]
level = "debug"

{{with .Hub}}[identity]
ca_file = "/guest/ca.pem"
username = {{printf "%q" .Account.Username}}
password = {{printf "%q" .Account.Password}}

[upload]
url = "https://{{$.Host}}:{{.Upload}}/files/"
idle_timeout = "5s"

[mqtt]
url = "tls://{{$.Host}}:{{.Broker}}"

{{end}}[retry]
retry_min = "100ms"
retry_max = "2s"
photo_retry_min = "100ms"
photo_retry_max = "2s"

[queue]
keep_free_mb = 16
stop_free_mb = 16

`))

// regular takes a photo and uploads every 5 s. A machine that is too busy for that
// makes the daemon leave slots out, which its ledger must tell of.
const regular = `[[session]]
name = "photos"
kind = "capture"
every = "5s"

[[session]]
name = "uploads"
kind = "upload"
every = "5s"

`

// never has no slot within a day of noon on noon's day, a Monday.
const never = `[[session]]
name = "photos"
kind = "capture"
days = "thu"
every = "1h"

[[session]]
name = "uploads"
kind = "upload"
days = "fri"
every = "1h"

`

// serialCamera is a VC0706 of small pictures on a port.
func serialCamera(port string) string {
	return fmt.Sprintf(`[camera.vc0706]
port = %q
resolution = %q
reply_timeout = "2s"
`, port, smallPicture)
}

// smallPicture is the resolution where the picture does not matter: some 6 KB.
const smallPicture = "160x120"

// writeConfig writes common with the rest behind it.
func writeConfig(path string, hub *cloud.Hub, rest string) error {
	var b strings.Builder
	err := common.Execute(&b, map[string]any{"Device": device, "Host": emulated.HostAddress, "Hub": hub})
	if err != nil {
		return fmt.Errorf("fill in the configuration: %w", err)
	}
	if err := os.WriteFile(path, []byte(b.String()+rest), 0o600); err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	return nil
}
