package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// settings is what the command line says of a run.
type settings struct {
	data     string
	listen   string
	mqtt     string
	page     string
	hosts    []string
	plain    bool
	json     bool
	clientCA string
	external external
}

// external is a broker that is not ours.
type external struct {
	url          string
	caFile       string
	username     string
	passwordFile string
}

func newRun(data *string) *cobra.Command {
	var s settings
	c := &cobra.Command{
		Use:   "run",
		Short: "Run the hub",
		Long: "Runs the hub until it is stopped (SIGTERM, Ctrl-C).\n\n" +
			"The page is for operators: on an address of this machine alone (the default) it is open and plain HTTP; on any\n" +
			"other it speaks TLS and wants the password of \"fieldcam-hub operator set\".",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s.data = *data
			if err := s.check(); err != nil {
				return err
			}
			log := newLog(c.ErrOrStderr(), s.json)
			h, err := open(s, log)
			if err != nil {
				return err
			}
			return h.run(c.Context())
		},
	}
	f := c.Flags()
	f.StringVar(&s.listen, "listen", ":8443", "`address` where photos arrive (tus over HTTPS)")
	f.StringVar(&s.mqtt, "mqtt", ":8883", "`address` of the hub's own MQTT broker (TLS)")
	f.StringVar(&s.page, "page", "127.0.0.1:8080", "`address` of the page")
	f.StringArrayVar(&s.hosts, "host", nil, "a `name` or address by which devices and browsers know this hub, besides localhost and the\n"+
		"machine's own name; the first is what \"device add\" prints. May be repeated")
	f.BoolVar(&s.plain, "plain", false, "no TLS: all addresses must be this machine's own (127.0.0.1, ::1)")
	f.BoolVar(&s.json, "json", false, "log as JSON")
	f.StringVar(&s.clientCA, "client-ca", "", "PEM `file` of the authority whose certificates registered devices may show in place\n"+
		"of a password (the common name is the device's)")
	f.StringVar(&s.external.url, "broker", "", "use the broker at `tls://HOST:PORT` in place of the hub's own")
	f.StringVar(&s.external.caFile, "broker-ca", "", "PEM `file` of the only authority to trust for --broker")
	f.StringVar(&s.external.username, "broker-username", "", "the hub's user `name` there")
	f.StringVar(&s.external.passwordFile, "broker-password-file", "", "`file` whose first line is the hub's password there")
	return c
}

// check reports what cannot be, before anything is opened.
func (s *settings) check() error {
	var errs []error
	for flag, addr := range map[string]string{"--listen": s.listen, "--mqtt": s.mqtt, "--page": s.page} {
		if flag == "--mqtt" && s.external.url != "" {
			continue // not used
		}
		if _, _, err := net.SplitHostPort(addr); err != nil {
			errs = append(errs, fmt.Errorf("%s %q: want HOST:PORT or :PORT", flag, addr))
		} else if s.plain && !isThisMachine(addr) {
			errs = append(errs, fmt.Errorf("%s %q: --plain wants an address of this machine alone, such as 127.0.0.1%s",
				flag, addr, addr[strings.LastIndex(addr, ":"):]))
		}
	}
	for _, host := range s.hosts {
		errs = append(errs, checkHost(host))
	}
	scheme, addr, _ := strings.Cut(s.external.url, "://")
	if s.external.url == "" {
		if s.external != (external{}) {
			errs = append(errs, errors.New("--broker-ca, --broker-username and --broker-password-file go with --broker"))
		}
	} else if _, _, err := net.SplitHostPort(addr); err != nil || scheme != "tls" && (scheme != "tcp" || !isThisMachine(addr)) {
		errs = append(errs, fmt.Errorf("--broker %q: want tls://HOST:PORT (plain tcp only to this machine)", s.external.url))
	}
	if s.plain && s.clientCA != "" {
		errs = append(errs, errors.New("--client-ca needs TLS: not with --plain"))
	}
	return errors.Join(errs...)
}

// hostForm is a host name (RFC 1123, 2.1), with '_' as some networks use it.
var hostForm = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$`)

// checkHost tells whether a certificate and a URL can name host: "hub:8443", "*"
// and 0.0.0.0 are none.
func checkHost(host string) error {
	if ip := net.ParseIP(host); ip != nil && !ip.IsUnspecified() || ip == nil && hostForm.MatchString(host) {
		return nil
	}
	return fmt.Errorf("--host %q: want a host name or an address, without a port", host)
}

// isThisMachine tells whether an address cannot be reached from elsewhere.
func isThisMachine(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// names lists all names of the hub: those of --host first.
func (s *settings) names() []string {
	names := slices.Clone(s.hosts)
	own := []string{"localhost", "127.0.0.1", "::1"}
	if h, err := os.Hostname(); err == nil {
		own = append(own, h)
	}
	for _, addr := range []string{s.listen, s.mqtt, s.page} {
		if host, _, err := net.SplitHostPort(addr); err == nil {
			if ip := net.ParseIP(host); ip == nil || !ip.IsUnspecified() {
				own = append(own, host)
			}
		}
	}
	for _, n := range own {
		if n != "" && !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return names
}

// path is a file or folder below the hub's data.
func (s *settings) path(name string) string { return filepath.Join(s.data, name) }

// job is one part of a running hub: it ends when its context does.
type job func(ctx context.Context) error
