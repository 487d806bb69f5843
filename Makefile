# fieldcam. `make help` lists the targets; what is longer than a line is in scripts/.

GO ?= go
export GO
# The commit and nothing else: tags differ between clones, and a shorter hash is
# longer where there are more objects. The ARM programs' bytes depend on it.
VERSION := $(shell git describe --always --abbrev=12 --exclude='*' --dirty 2>/dev/null || echo unknown)
export VERSION
# How long `make fuzz` spends on each target.
FUZZTIME ?= 30s
# Which simulated year `make year` plays, and how many `make years` does from there on.
SEED ?= 1
COUNT ?= 1000
# The vulnerability database for govulncheck: empty for the public one, or file:///path of a copy.
export VULNDB

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## the programs for this machine, into build/
	@scripts/build

.PHONY: demo
demo: build ## the main job on this machine: camera, controller, network, hub and its page
	@build/fieldcam-sim demo

.PHONY: arm
arm: ## the controller's program for armv6, armv7 and arm64: static, stripped, reproducible
	@scripts/arm build

.PHONY: arm-reproducible
arm-reproducible: arm ## build the ARM programs again, elsewhere and from nothing, and compare the bytes
	@scripts/arm-reproducible

.PHONY: test
test: ## everything CI runs; installs Mosquitto, qemu-user and a C compiler where it may
	@scripts/test

.PHONY: check
check: test ## the same as test

.PHONY: deps
deps: ## install what the tests need beyond Go, or say what is missing
	@scripts/deps

.PHONY: bench
bench: ## the figures that the project promises, each beside its bound (some need root)
	@scripts/bench

.PHONY: powercut
powercut: ## power cuts on an emulated controller: 100 states of its disk, twice (minutes; downloads 70 MB once)
	@scripts/powercut

.PHONY: emulated
emulated: ## the real daemon on an emulated controller: GPIO waveform, cameras, watchdog, clock, cables, power (2 minutes; downloads 70 MB once)
	@scripts/trial

.PHONY: emulated-armhf
emulated-armhf: ## the same on a 32-bit controller, with the armv7 program (nightly; minutes; downloads 50 MB once)
	@scripts/trial --armhf

.PHONY: bench-queue
bench-queue: ## the queue's figures, beside its peers and a floor (some need root)
	@scripts/bench-queue

.PHONY: bench-schedule
bench-schedule: ## the schedules' figures, beside cron and systemd (some need root)
	@scripts/bench-schedule

.PHONY: bench-camera
bench-camera: ## the serial cameras' figures, in simulated time (seconds)
	@scripts/bench-camera

.PHONY: fuzz
fuzz: ## each fuzz target for FUZZTIME (30s)
	@scripts/fuzz $(FUZZTIME)

.PHONY: year
year: ## a simulated year in the field, SEED=n: every slot accounted for, every photo in the cloud once
	@scripts/year -seed $(SEED)

.PHONY: years
years: ## COUNT=1000 simulated years from SEED on, all cores; what fails is cut down to the shortest history (nightly)
	@scripts/year -seed $(SEED) -count $(COUNT) -jobs $$(nproc)

.PHONY: clean
clean: ## remove what was built
	rm -rf build
