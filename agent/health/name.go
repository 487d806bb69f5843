package health

import "fieldcam/agent/message"

// Severity says how bad a condition is.
type Severity = message.Severity

// The severities.
const (
	Critical = message.Critical // has stopped or soon will stop capturing, saving or uploading
	Warning  = message.Warning  // still capturing, but somebody should look
	Info     = message.Info     // worth knowing; nothing to do
)

// Name names a condition: in the log, on the wire, on the hub's page. It never
// changes once devices in the field send it.
type Name string

// The conditions.
const (
	// CameraFault: the camera gave no picture for a due slot, on every rung of
	// the recovery ladder. Critical. Cleared by the next picture.
	CameraFault Name = "camera-fault"
	// CardFull: no room for another picture. Critical. Cleared by the next
	// picture that was stored.
	CardFull Name = "card-full"
	// StorageFault: a picture, its index entry or its ledger entry could not be
	// made durable for another reason than room. Critical. Cleared by the next
	// picture that was stored.
	StorageFault Name = "storage-fault"
	// UploadRefused: the cloud refused photos that it would refuse again; they
	// are set aside. Warning. Cleared when none is set aside any more.
	UploadRefused Name = "upload-refused"
	// UploadFailing: photos fail for reasons of their own, though the cloud
	// answers. Warning. Cleared by the next photo that the cloud confirms.
	UploadFailing Name = "upload-failing"
	// CloudUnreachable: the cloud does not answer, or says that it is not well.
	// Warning. Cleared when it answers.
	CloudUnreachable Name = "cloud-unreachable"
	// ClockUnset: no source vouches for the wall time; photos carry it, marked.
	// Warning. Cleared when the clock is synced.
	ClockUnset Name = "clock-unset"
	// ClockStepped: the wall time jumped; the ledger says which slots it went
	// over. Warning. Cleared by a slot that comes at its time.
	ClockStepped Name = "clock-stepped"
	// IdentityFault: the certificates or the password for the cloud can't be used;
	// photos are taken and wait. Critical. Cleared by a start with usable ones.
	IdentityFault Name = "identity-fault"
	// NoSchedule: no capture slot in the next seven days. Critical. Cleared when
	// there is one.
	NoSchedule Name = "no-schedule"
	// IndexRebuilt: the queue's database was damaged and has been rebuilt from
	// the spool; no photo was lost by that. Info. Stays until the next start.
	IndexRebuilt Name = "index-rebuilt"
	// PhotoLost: the index knows a photo that is not in the spool or not whole.
	// Critical. Stays until the next start.
	PhotoLost Name = "photo-lost"
)

// Severity is how bad the condition is where the caller knows no better; Warning
// for a name that is not in the list.
func (n Name) Severity() Severity {
	switch n {
	case CameraFault, CardFull, StorageFault, IdentityFault, NoSchedule, PhotoLost:
		return Critical
	case IndexRebuilt:
		return Info
	}
	return Warning
}
