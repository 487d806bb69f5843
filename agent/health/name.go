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
	// AimFault: the camera could not be told where to look, by its control line; photos
	// are taken as it stands. Warning. Cleared when it obeys.
	AimFault Name = "aim-fault"
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
	// PhotoDamaged: photos on the card are not what they were; what is left of
	// them is set aside, in the directory "damaged". Warning. Stays until the next
	// start.
	PhotoDamaged Name = "photo-damaged"
	// PhotoUnread: the card did not give photos that the cloud has not got. They are
	// kept and tried again. Warning. Cleared when all could be read.
	PhotoUnread Name = "photo-unread"
	// ForeignFiles: there are files among the photos that are not ours. They are
	// left alone. Info. Cleared when there are none.
	ForeignFiles Name = "foreign-files"
	// CardFilling: the card is full within a week at the rate of late, although all
	// photos that the cloud has are deleted. Warning. Cleared when it isn't within
	// eight days.
	CardFilling Name = "card-filling"
	// BacklogGrowing: two days' photos wait, and fewer go than come. Warning.
	// Cleared when no more than one day's wait, or as many go.
	BacklogGrowing Name = "backlog-growing"
	// PhotosThinned: the card was full, and the policy for that deleted photos that
	// the cloud had not got. Critical. Cleared when a day has gone by without.
	PhotosThinned Name = "photos-thinned"
	// CopyMissing: the disk for the second copy isn't there. Warning. Cleared when
	// it is.
	CopyMissing Name = "copy-missing"
	// CopyFull: the second copy is full of what may not be deleted. Warning.
	// Cleared when it has room.
	CopyFull Name = "copy-full"
	// CopyFault: photos are not copied for another reason. Warning. Cleared when
	// they are.
	CopyFault Name = "copy-fault"
	// PhotoLost: the index knows photos that are not on the card, or not whole, and
	// the cloud has not got them. Critical. Cleared when there are none.
	PhotoLost Name = "photo-lost"
	// ScheduleWarning: the schedule asks for what can't be, such as uploads that a
	// maintenance window covers, all of them; the text says what. Warning. Cleared
	// when the check of the schedule finds nothing.
	ScheduleWarning Name = "schedule-warning"
	// DataBudget: the month's data are used up before its end, at the rate of late.
	// Warning. Cleared when they last, or the next month has begun.
	DataBudget Name = "data-budget"
	// LowPowerPlan: Low Power Mode would miss shots, or has: the camera's buffer or
	// card is too small, or fetching takes too long. Warning. Cleared when the plan
	// fits the camera.
	LowPowerPlan Name = "low-power-plan"
	// PicturesMissing: in Low Power Mode the camera was fired and has no picture of
	// it, or its pictures can't be fetched. Warning. Cleared by the next fetch that
	// misses none.
	PicturesMissing Name = "pictures-missing"
	// NoticeRejected: a maintenance notice is not believed: it is forged, old, for
	// another device, or asks for more quiet than may be. Warning. Cleared by the
	// next notice that is.
	NoticeRejected Name = "notice-rejected"
	// PhotoBad: photo after photo is black, blown out, not whole, far too small or the
	// same as the one before. Warning. Cleared by the next one that is none of it.
	PhotoBad Name = "photo-bad"
	// CameraClock: the camera's own clock is off, as its pictures tell. Warning. Cleared
	// by the next picture whose time is right.
	CameraClock Name = "camera-clock"
	// CameraBattery: the camera's own battery is low, as it tells. Warning. Cleared when it
	// is charged.
	CameraBattery Name = "camera-battery"
	// UploadsBehind: the upload sessions send fewer photos a day than are taken, as
	// they are set up. Warning. Cleared when they keep up.
	UploadsBehind Name = "uploads-behind"
	// BatteryLow: the battery is below its alert voltage. Warning. Cleared above that
	// and the hysteresis.
	BatteryLow Name = "battery-low"
	// MainsLost: the battery is below the voltage that a charger on the mains holds.
	// Warning. Cleared above that and the hysteresis.
	MainsLost Name = "mains-lost"
	// PowerSaving: the power ladder is not on its normal rung; the text says on which.
	// Info where uploads are fewer, Warning where there are none, Critical where no
	// photos are taken. Cleared when it is back.
	PowerSaving Name = "power-saving"
	// SolarFault: the solar charger reports an error. Warning. Cleared when it does
	// not.
	SolarFault Name = "solar-fault"
	// Temperature: it is colder or hotter in the box than configured. Warning. Cleared
	// two degrees within.
	Temperature Name = "temperature"
	// SensorFault: a sensor of the supply or the climate, or what they work with,
	// fails or makes no sense; the text says which. Warning. Cleared when none does.
	SensorFault Name = "sensor-fault"
	// WatchdogFired: the board's watchdog, or its supply's monitor, had reset it.
	// Warning. Cleared an hour later.
	WatchdogFired Name = "watchdog-fired"
	// RepeatedRestarts: there were many unplanned starts in a day; the text says why
	// they came. Warning. Cleared when there were fewer.
	RepeatedRestarts Name = "repeated-restarts"
	// ModemFault: the modem can't be switched on, or does not answer. Warning. Cleared
	// when it does.
	ModemFault Name = "modem-fault"
	// SIMFault: the modem's card is missing, wants a PIN, or is broken. Warning.
	// Cleared when it is ready.
	SIMFault Name = "sim-fault"
	// NoNetwork: the modem has had no network for minutes. Warning. Cleared when it
	// has one.
	NoNetwork Name = "no-network"
)

// Severity is how bad the condition is where the caller knows no better; Warning
// for a name that is not in the list.
func (n Name) Severity() Severity {
	switch n {
	case CameraFault, CardFull, StorageFault, IdentityFault, NoSchedule, PhotoLost, PhotosThinned:
		return Critical
	case IndexRebuilt, ForeignFiles:
		return Info
	}
	return Warning
}
