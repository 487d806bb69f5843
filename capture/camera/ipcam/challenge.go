package ipcam

import (
	"errors"
	"strings"
)

// challenge is one way in which a server wants to know who asks: a scheme and its
// parameters (RFC 9110, section 11.6.1). Names are in lower case.
type challenge struct {
	scheme string
	params map[string]string
}

// maxChallenges bounds what is read of a header: a server that offers more ways is
// not a camera.
const maxChallenges = 16

var errChallenge = errors.New("the camera's WWW-Authenticate header cannot be read")

// parseChallenges reads the values of WWW-Authenticate headers. Several challenges may
// be in one, separated by commas as their own parameters are.
func parseChallenges(values []string) ([]challenge, error) {
	var all []challenge
	for _, v := range values {
		p := scanner{rest: v}
		for p.skip(" \t,"); p.rest != ""; p.skip(" \t,") {
			name := strings.ToLower(p.token())
			if name == "" {
				return all, errChallenge
			}
			p.skip(" \t")
			if !strings.HasPrefix(p.rest, "=") {
				if len(all) == maxChallenges {
					return all, errChallenge
				}
				all = append(all, challenge{scheme: name, params: map[string]string{}})
				continue
			}
			value, ok := p.value()
			if !ok || len(all) == 0 {
				return all, errChallenge
			}
			if params := all[len(all)-1].params; params[name] == "" {
				params[name] = value
			}
		}
	}
	return all, nil
}

// scanner reads a header from its front.
type scanner struct{ rest string }

// skip drops the characters of set at the front.
func (s *scanner) skip(set string) { s.rest = strings.TrimLeft(s.rest, set) }

// token takes a token (RFC 9110, section 5.6.2), with the characters that a token68
// has besides; empty where there is none.
func (s *scanner) token() string {
	n := 0
	for n < len(s.rest) && isToken(s.rest[n]) {
		n++
	}
	t := s.rest[:n]
	s.rest = s.rest[n:]
	return t
}

func isToken(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.IndexByte("!#$%&'*+-.^_`|~/", c) >= 0
}

// value takes "= value", the value quoted or not. What is behind the "=" of a token68
// is empty.
func (s *scanner) value() (string, bool) {
	s.skip("=")
	s.skip(" \t")
	if !strings.HasPrefix(s.rest, `"`) {
		// Some cameras leave the quotes out, also where the value needs them.
		n := strings.IndexAny(s.rest, " \t,\"")
		if n < 0 {
			n = len(s.rest)
		}
		v := s.rest[:n]
		s.rest = s.rest[n:]
		return v, true
	}
	var b strings.Builder
	for i := 1; i < len(s.rest); i++ {
		switch c := s.rest[i]; c {
		case '"':
			s.rest = s.rest[i+1:]
			return b.String(), true
		case '\\':
			if i++; i == len(s.rest) {
				return "", false
			}
			b.WriteByte(s.rest[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", false
}

// quote is s as a quoted string.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
