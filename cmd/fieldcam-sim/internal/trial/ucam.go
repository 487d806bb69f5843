package trial

import (
	"context"
	"fmt"

	"fieldcam/cmd/fieldcam-sim/internal/emulated"
)

// otherMake takes photos with a camera that speaks the other protocol, over the UART.
func otherMake(ctx context.Context, s *site) error {
	camera := fmt.Sprintf(`[camera]
kind = "ucam"

[camera.ucam]
port = %q
resolution = "160x128"
reply_timeout = "2s"
`, emulated.SerialPort)
	if err := s.upWithAdapter(ctx, camera); err != nil {
		return err
	}
	if err := s.photos(ctx, 2); err != nil {
		return err
	}
	if _, shots := s.other.Camera().Picture(); shots < 2 {
		s.t.fault("the camera at the UART took %d pictures, want 2 at least", shots)
	}
	if err := s.judgeLedger(ctx, adapterInterval); err != nil {
		return err
	}
	return s.settle(ctx)
}
