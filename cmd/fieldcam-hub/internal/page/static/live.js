// Keeps the page as the hub sees it: asks for the same page again, takes over
// what has changed, and counts the seconds in between.
"use strict";

const pollMilliseconds = 2000; // a camera's shortest interval is 5 s
const timeoutMilliseconds = 10000;
let etag = "";
let skew = 0; // hub's clock minus ours, milliseconds

function agoText(seconds) {
	const past = seconds >= 0;
	const s = Math.abs(seconds);
	let text;
	if (s < 2) return "now";
	if (s < 90) text = Math.round(s) + " s";
	else if (s < 90 * 60) text = Math.round(s / 60) + " min";
	else if (s < 36 * 3600) text = Math.round(s / 3600) + " h";
	else text = Math.round(s / 86400) + " days";
	return past ? text + " ago" : "in " + text;
}

function count() {
	for (const t of document.querySelectorAll("time[data-ago]")) {
		let seconds = (Date.now() + skew - Date.parse(t.dateTime)) / 1000;
		// A photo whose time has come is due until the system says what comes next.
		if ("next" in t.dataset && seconds > 0) seconds = 0;
		const text = agoText(seconds);
		if (t.textContent !== text) t.textContent = text;
	}
}

// same tells whether the hub's node b says what the shown node a says.
function same(a, b) {
	return a.nodeType === b.nodeType && a.nodeName === b.nodeName &&
		(a.nodeType !== Node.ELEMENT_NODE || (a.dataset.key || "") === (b.dataset.key || ""));
}

// morph makes a into b and leaves alone what is the same, so that pictures don't
// flicker and the keyboard's focus stays.
function morph(a, b) {
	if (a.nodeType !== Node.ELEMENT_NODE) {
		if (a.nodeValue !== b.nodeValue) a.nodeValue = b.nodeValue;
		return;
	}
	if (a.nodeName === "INPUT" || a.nodeName === "DETAILS") return;
	if (a.nodeName === "TIME" && a.dateTime === b.dateTime) return;
	for (const name of a.getAttributeNames()) if (!b.hasAttribute(name)) a.removeAttribute(name);
	for (const name of b.getAttributeNames()) {
		if (a.getAttribute(name) !== b.getAttribute(name)) a.setAttribute(name, b.getAttribute(name));
	}
	const keyed = new Map();
	for (const child of a.children) if (child.dataset.key) keyed.set(child.dataset.key, child);
	let at = a.firstChild;
	for (const want of [...b.childNodes]) {
		const key = want.nodeType === Node.ELEMENT_NODE && want.dataset.key;
		const kept = key ? keyed.get(key) : at;
		if (kept && same(kept, want) && (key || !(kept.dataset && kept.dataset.key))) {
			if (kept === at) at = at.nextSibling;
			else a.insertBefore(kept, at);
			morph(kept, want);
		} else {
			a.insertBefore(document.importNode(want, true), at);
		}
	}
	while (at) {
		const gone = at;
		at = at.nextSibling;
		gone.remove();
	}
}

function say(state, text) {
	const live = document.getElementById("live");
	live.className = "live " + state;
	if (live.textContent !== text) live.textContent = text;
}

async function look() {
	try {
		const headers = etag ? {"If-None-Match": etag} : {};
		const r = await fetch(location.href, {headers, cache: "no-store", signal: AbortSignal.timeout(timeoutMilliseconds)});
		const date = Date.parse(r.headers.get("Date"));
		// The header has whole seconds: smaller differences are its own.
		if (date) skew = Math.abs(date - Date.now()) < 2000 ? 0 : date - Date.now();
		if (r.status === 200 || r.status === 404) {
			etag = r.headers.get("ETag") || "";
			const page = new DOMParser().parseFromString(await r.text(), "text/html");
			morph(document.getElementById("main"), page.getElementById("main"));
		} else if (r.status !== 304) {
			throw new Error("status " + r.status);
		}
		say("on", "live");
	} catch (e) {
		say("off", "the hub does not answer");
	}
	count();
}

async function run() {
	for (;;) {
		if (!document.hidden) await look();
		await new Promise((done) => setTimeout(done, pollMilliseconds));
	}
}

document.addEventListener("keydown", (e) => {
	if (e.altKey || e.ctrlKey || e.metaKey || e.target.closest("input")) return;
	const link = document.getElementById({ArrowLeft: "older", ArrowRight: "newer"}[e.key] || "-");
	if (link) location.assign(link.href);
});

count();
setInterval(count, 1000);
run();
