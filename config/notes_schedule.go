package config

// scheduleNotes explains what the schedule is made of.
func scheduleNotes() []note {
	sessions := []note{
		{path: "session", text: "The weekly schedule: captures, uploads and check-ins, each in a time block at a set frequency. Blocks may overlap and may cross midnight. The first session in the file replaces the model's default schedule as a whole."},
		{path: "session.name", text: "How people tell the sessions apart. Required; each name once.", allowed: "1 to 40 characters", example: `"photos"`},
		{path: "session.kind", text: "What the session does at its slots: take a photo, start an upload, send the status. Required.",
			allowed: `"capture", "upload" or "check-in"`, example: `"capture"`},
		{path: "session.days", text: "The days on which the block begins.", allowed: `days as "mon-fri", "sat,sun", "fri-mon" or "daily"`},
		{path: "session.from", text: "The block's first instant and first slot, in the site's time zone.",
			allowed: `a time of day from "00:00" to "23:59:59", or as "sunrise", "sunset-30m" or "sunrise+1h15m"`},
		{path: "session.until", text: "The block's last instant. Before from, it is on the next day; the same as from, the block is one slot.",
			allowed: `a time of day as "06:00" or "23:59:59", up to "24:00", or as "sunrise", "sunset-30m" or "sunrise+1h15m"`},
		{path: "session.every", text: "The interval between slots. Required.", allowed: "a duration from 5s to 24h", example: `"15m"`},
		{path: "session.photos", text: "In an upload session: how many of the newest photos are sent at each slot.",
			allowed: "0 (as many as possible) to 1000000", zero: "until the block ends or all are sent"},
		{path: "session.megabytes", text: "In an upload session: how many megabytes (10^6 bytes) are sent at each slot. The photo that would exceed them waits for the next; the first always goes.",
			allowed: "0 (no limit) to 1000000", zero: "no limit"},
		{path: "session.minutes", text: "In an upload session: for how long photos are begun at each slot; waiting for the cloud does not count. A block of one instant lasts so long.",
			allowed: "0 (no limit) to 1440", zero: "no limit"},
		{path: "session.order", text: "In an upload session: which photos go first.", allowed: `"newest-first" or "oldest-first"`, zero: "newest-first"},
		{path: "session.look_back", text: "In an upload session: how far back from its slot photos are looked for. What is older waits for another session.",
			allowed: "0s (everything) to 87840h", zero: "everything"},
		{path: "session.first_day", text: "In an upload session: the first day at the site whose photos are sent.", allowed: `a day such as "2026-06-30"`, zero: "no first day"},
		{path: "session.last_day", text: "In an upload session: the last day at the site whose photos are sent.", allowed: `a day such as "2026-06-30"`, zero: "no last day"},
	}
	all := append(sessions, []note{
		{path: "event", text: "A range of days on which other sessions hold than those above, such as a holiday or the pouring of a slab. Where events overlap, the sessions of all of them hold, 300 at the most."},
		{path: "event.name", text: "How people tell the events apart. Required; each name once.", allowed: "1 to 40 characters", example: `"pour of the slab"`},
		{path: "event.first_day", text: "The first day at the site. Required.", allowed: `a day such as "2026-06-30"`, example: `"2026-06-01"`},
		{path: "event.last_day", text: "The last day at the site, which belongs to the event. Required.", allowed: `a day such as "2026-06-30"`, example: `"2026-06-03"`},
		{path: "shot", text: "One photo at a time of its own, beside those of the sessions."},
		{path: "shot.name", text: "How people tell the shots apart. Required; each name once.", allowed: "1 to 40 characters", example: `"topping out"`},
		{path: "shot.at", text: "The time at the site. Required.", allowed: `a date and time as "2026-06-01 12:00:00", of the years 2000 to 2199`, example: `"2026-06-01 12:00:00"`},
		{path: "pause", text: "A time without captures and uploads. Check-ins go on."},
		{path: "pause.name", text: "How people tell the pauses apart. Required; each name once.", allowed: "1 to 40 characters", example: `"site closed"`},
		{path: "pause.from", text: "The beginning, at the site. Required.", allowed: `a date and time as "2026-06-01 12:00:00", of the years 2000 to 2199`, example: `"2026-12-24 12:00:00"`},
		{path: "pause.until", text: "The end, which does not belong to the pause. Required.", allowed: `a date and time as "2026-06-01 12:00:00", of the years 2000 to 2199`, example: `"2027-01-02 00:00:00"`},
	}...)
	for _, n := range sessions {
		n.path = "event." + n.path
		if n.path == "event.session" {
			n.text = "The sessions of the event, with the same keys as those of the week."
		}
		all = append(all, n)
	}
	return all
}

// maintenanceNotes explains when the cloud is expected to be away.
func maintenanceNotes() []note {
	return []note{
		{path: "maintenance", text: "When the cloud is down for maintenance: then photos are taken as ever, and uploads and heartbeats are tried gently and raise no alarm. The hub announces further windows."},
		{path: "maintenance.spread", text: "Over how long a fleet returns after a window, and after any long outage; each controller has its own moment in it.",
			allowed: "a duration from 1s to 6h"},
		{path: "maintenance.notice_key", text: "The public key by which the hub's notices of windows must be signed, as the hub prints it.",
			allowed: "an Ed25519 public key: 32 bytes as base64", zero: "notices are ignored"},
		{path: "maintenance.window", text: "A window that is known beforehand, or a series of them."},
		{path: "maintenance.window.name", text: "What people call it. Required.", allowed: "a name of 1 to 64 bytes", example: `"quarterly maintenance"`},
		{path: "maintenance.window.class", text: "What it means: routine work disturbs nobody; in the others nothing may work.", allowed: `"routine", "maintenance" or "hot-fix"`},
		{path: "maintenance.window.start", text: "The beginning of the first one, in its time zone. With a rule it is the time of day, and none begins before it. Required.",
			allowed: `a date and time from 2000 to 2099, such as "2026-12-06 19:00:00"`, example: `"2026-12-06 19:00:00"`},
		{path: "maintenance.window.rule", text: "How it recurs, as an RRULE of RFC 5545, in days, weeks, months or years.",
			allowed: "a rule of FREQ, INTERVAL, COUNT, UNTIL, WKST and BYMONTH, BYMONTHDAY, BYYEARDAY, BYWEEKNO, BYDAY, BYSETPOS", zero: "once", sample: `"FREQ=YEARLY;BYMONTH=3,12;BYDAY=1SU"`},
		{path: "maintenance.window.time_zone", text: "The time zone of start and rule.", allowed: `an IANA time zone, such as "America/Denver"`},
		{path: "maintenance.window.duration", text: "How long it lasts. Required.", allowed: "a duration from 1m to 24h", example: `"3h"`},
	}
}
