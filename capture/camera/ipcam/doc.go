// Package ipcam takes pictures from IP cameras: one GET of a snapshot address for
// each, which is configured, or asked of the camera by ONVIF.
//
// It promises:
//   - A picture is streamed as it comes, and passed on as a JPEG from FF D8 to FF D9;
//     what follows is not waited for. One that does not end is an error, whatever
//     status, length and type the camera told.
//   - Everything is bounded: time by Config.Timeout and the context, the picture by
//     Config.MaxMB, headers and ONVIF's answers by constants.
//   - The password goes to the configured host only, and never in the clear unless
//     Config.Basic says so: it is hashed (RFC 7616, WS-UsernameToken) or under https.
//     A redirection, or an address that ONVIF tells, cannot take it to another host,
//     nor from https to http. It is in no error and no log.
//   - https is verified: by the system's authorities, those of Config.CAFile, or the
//     one certificate that Config.Fingerprint names.
//   - A camera that refuses the password is asked again, but after three refusals in a
//     row only every ten minutes: many lock the user out else.
//   - After a failure the next Shoot forgets what it knew of the camera, nonce and
//     snapshot address, and asks anew. After two it takes the camera's power away for
//     a while, where there is a line for that, and waits until the camera has started;
//     the one after it goes on with what it had no time for.
//   - Power is as camera.Power.Rest wants it after every Shoot, or off where the picture
//     stopped in its middle until the time was over.
//
// Sources of the protocols: RFC 9110 (HTTP), RFC 7616 (Digest), RFC 7617 (Basic); the
// ONVIF Core and Media Specifications with their WSDL (device/wsdl, media/wsdl, ver10);
// OASIS WS-Security UsernameToken Profile 1.0.
//
// Out of scope: video (RTSP, MJPEG), events, turning the camera by ONVIF, finding
// cameras by multicast.
package ipcam
