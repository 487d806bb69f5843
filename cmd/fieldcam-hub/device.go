package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"fieldcam/cmd/fieldcam-hub/internal/authority"
	"fieldcam/cmd/fieldcam-hub/internal/registry"
)

func newDevice(data *string) *cobra.Command {
	c := &cobra.Command{Use: "device", Short: "Register, list and remove controllers"}
	c.AddCommand(newDeviceAdd(data), newDeviceList(data), newDeviceRemove(data))
	return c
}

// added is what "device add --json" prints.
type added struct {
	Device    string `json:"device"`
	Username  string `json:"username"`
	Password  string `json:"password"`
	CAFile    string `json:"ca_file,omitempty"`
	UploadURL string `json:"upload_url"`
	MQTTURL   string `json:"mqtt_url,omitempty"`
	// NoticeKey is what maintenance notices are signed by.
	NoticeKey string `json:"notice_key"`
}

func newDeviceAdd(data *string) *cobra.Command {
	var asJSON bool
	var host string
	c := &cobra.Command{
		Use:   "add NAME",
		Short: "Register a controller and print the lines for its configuration",
		Long: "Registers a controller and prints the lines for its configuration, with its password: the hub keeps only a hash,\n" +
			"so this is the one time to see it. A running hub knows the device at once.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			r, err := openRegistry(*data)
			if err != nil {
				return err
			}
			p, err := readPlace(*data)
			if err != nil {
				return err
			}
			if host != "" {
				if err := checkHost(host); err != nil {
					return err
				}
				p.Host = host
			}
			a := added{Device: args[0], Username: args[0], UploadURL: p.uploadURL(), MQTTURL: p.mqttURL()}
			if !p.Plain {
				// The authority may be needed before the hub's first run.
				own, err := authority.Open(filepath.Join(*data, "tls"), []string{"localhost"}, time.Now)
				if err != nil {
					return err
				}
				a.CAFile = absolute(own.CAFile())
			}
			if _, a.NoticeKey, err = noticeKey(*data); err != nil {
				return err
			}
			if a.Password, err = r.Add(args[0], time.Now()); err != nil {
				return err
			}
			if p.onlyHere() {
				fmt.Fprintln(c.ErrOrStderr(), "warning: these addresses lead only from this machine to the hub; name it with --host, here or for \"run\"")
			}
			if asJSON {
				return json.NewEncoder(c.OutOrStdout()).Encode(a)
			}
			return a.print(c.OutOrStdout())
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.Flags().StringVar(&host, "host", "", "the hub's `name` in the printed URLs, where the running hub's --host is another")
	return c
}

// print writes TOML, the keys as in agent/identity, queue/upload, agent/mqtt and
// agent/maintenance.
func (a added) print(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# For the configuration of %s. The password is shown this once.\ndevice = %q\n\n[identity]\n", a.Device, a.Device)
	if a.CAFile != "" {
		fmt.Fprintf(&b, "ca_file = %q # copy this file to the controller and name its place there\n", a.CAFile)
	}
	fmt.Fprintf(&b, "username = %q\npassword = %q\n\n[upload]\nurl = %q\n\n[mqtt]\n", a.Username, a.Password, a.UploadURL)
	if a.MQTTURL == "" {
		b.WriteString("# url: the hub uses a broker of yours; register the device there, too\n")
	} else {
		fmt.Fprintf(&b, "url = %q\n", a.MQTTURL)
	}
	fmt.Fprintf(&b, "\n[maintenance]\nnotice_key = %q\n", a.NoticeKey)
	_, err := io.WriteString(w, b.String())
	return err
}

func newDeviceList(data *string) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "list", Short: "List the registered controllers", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			r, err := openRegistry(*data)
			if err != nil {
				return err
			}
			all, err := r.Devices()
			if err != nil {
				return err
			}
			if asJSON {
				type device struct {
					Device string    `json:"device"`
					Added  time.Time `json:"added"`
				}
				list := []device{}
				for _, d := range all {
					list = append(list, device{d.Name, d.Added})
				}
				return json.NewEncoder(c.OutOrStdout()).Encode(list)
			}
			w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "DEVICE\tADDED")
			for _, d := range all {
				fmt.Fprintf(w, "%s\t%s\n", d.Name, d.Added.Format(time.RFC3339))
			}
			return w.Flush()
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func newDeviceRemove(data *string) *cobra.Command {
	return &cobra.Command{
		Use: "remove NAME", Short: "Remove a controller: it is disconnected within seconds; its photos stay", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r, err := openRegistry(*data)
			if err != nil {
				return err
			}
			return r.Remove(args[0])
		},
	}
}

func newOperator(data *string) *cobra.Command {
	c := &cobra.Command{Use: "operator", Short: "Set or remove the page's password"}
	c.AddCommand(&cobra.Command{
		Use: "set", Short: "Set the page's password, read from the first line of standard input", Args: cobra.NoArgs,
		Long: "Sets the page's password, which is read from the first line of standard input: typed on a terminal, it can be read\n" +
			"there. The user name does not matter. The hub must be restarted where the page had none before.",
		RunE: func(c *cobra.Command, _ []string) error {
			r, err := openRegistry(*data)
			if err != nil {
				return err
			}
			lines := bufio.NewScanner(c.InOrStdin())
			if !lines.Scan() || lines.Text() == "" {
				return errors.Join(errors.New("want the password on standard input"), lines.Err())
			}
			return r.SetOperator(lines.Text())
		},
	}, &cobra.Command{
		Use: "remove", Short: "Remove the page's password", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			r, err := openRegistry(*data)
			if err != nil {
				return err
			}
			return r.SetOperator("")
		},
	})
	return c
}

// openRegistry also makes the folder: devices may be added before the first run.
func openRegistry(data string) (*registry.Registry, error) {
	if err := os.MkdirAll(data, dirMode); err != nil {
		return nil, fmt.Errorf("open data folder: %w", err)
	}
	return registry.Open(data)
}
