# SPDX-License-Identifier: Apache-2.0
# The front door. `make help` lists what is here.

SWIFT       ?= swift
SEEDS       ?= 200
SEED        ?=
FUZZ_RUNS   ?= 150000000
IDLE        ?= 300
COUNT       ?= 10000000
ARGS        ?=
PREFIX      ?= /usr/local
DESTDIR     ?=
SYSCONFDIR  ?= /etc
UNITDIR     ?= /lib/systemd/system
SYSUSERSDIR ?= /usr/lib/sysusers.d

export MAKE
export SWIFT

IMPORTS  := --explicit-target-dependency-import-check error
CHECKED  := -c release -Xswiftc -assert-config -Xswiftc Debug --scratch-path .build/checked
FUZZING  := -c release --sanitize=fuzzer --scratch-path .build/fuzz
SOURCES  := Sources Tests Tools Package.swift
HYPHA    := $(CURDIR)/.build/release/hypha
LAB      := .build/debug/hypha-lab
PYTHON   := .venv/bin/python
FUZZERS  := $(notdir $(wildcard Tools/Fuzz/*))
VERSION  := $(shell sed -n 's/^\#\# \[\{0,1\}\([0-9][^] ]*\).*/\1/p' CHANGELOG.md | head -n 1)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run demo build debug test unit test-release tsan asan sim integration conform hostile \
        host-checks packet-path link-check fuzz fuzz-replay fuzz-count fuzz-% bench bench-quick bench-idle bench-primitives bench-startup \
        constant-time format lint \
        tidy shim-check docs install uninstall clean toolchain root install-dependencies \
        install-test-dependencies

help:  ## this list
	@sed -n 's/^\([a-z][a-z%-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 34

# ---- what people run ----

run: install-dependencies build  ## build and start a node here; ARGS='--peer tcp://HOST:9651'
	@exec $(HYPHA) run --log-level debug $(ARGS)

demo: install-test-dependencies root build debug  ## four nodes on this host: ping, kill a link, watch the reroute
	@HYPHA=$(HYPHA) Tools/sandbox.sh $(LAB) demo

install-dependencies:  ## the Debian packages that a build needs
	@Tools/install-dependencies.sh build

install-test-dependencies:
	@Tools/install-dependencies.sh test

# ---- building ----

build: toolchain  ## the release binary, .build/release/hypha
	$(SWIFT) build -c release --static-swift-stdlib --product hypha

debug: toolchain  ## everything, tests included, unoptimised
	$(SWIFT) build --build-tests $(IMPORTS)

# ---- testing; `make test` is all that a change must pass ----

STEPS := install-test-dependencies lint shim-check debug unit build link-check packet-path constant-time \
         host-checks integration hostile conform sim fuzz-replay

test:  ## install, lint, build and run every test; ends with "N passed, N failed"
	@Tools/run-steps.sh $(STEPS)

unit: toolchain  ## the unit tests
	$(SWIFT) test $(IMPORTS) --parallel --skip IntegrationTests

test-release: toolchain
	$(SWIFT) test $(CHECKED) --skip IntegrationTests

tsan: toolchain
	$(SWIFT) test --sanitize=thread --scratch-path .build/tsan --skip IntegrationTests

asan: toolchain
	ASAN_OPTIONS=detect_leaks=0 $(SWIFT) test --sanitize=address --scratch-path .build/asan --skip IntegrationTests

link-check: build  ## what the release binary needs of the system
	@Tools/link-check.sh $(HYPHA)

packet-path: build  ## a million packets each way: nothing is allocated; what each costs
	$(SWIFT) build -c release --static-swift-stdlib --product packet-path
	@.build/release/packet-path

constant-time: toolchain install-test-dependencies  ## ML-KEM under valgrind: no branch or address depends on a secret
	$(SWIFT) build -c release --static-swift-stdlib --product constant-time
	@Tools/constant-time.sh .build/release/constant-time

host-checks: build  ## install into a scratch folder; unit file, man pages, completions
	@Tools/host-checks.sh $(HYPHA)

integration: root build debug  ## the real binary in network namespaces
	@HYPHA=$(HYPHA) Tools/integration.sh "$$($(SWIFT) build --show-bin-path)/hyphaPackageTests.xctest"

hostile: root build $(PYTHON)  ## one hostile neighbour at a time
	HYPHA=$(HYPHA) Tools/sandbox.sh $(PYTHON) -B Tests/Hostile/hostile.py $(CASES)

conform: root build $(PYTHON)  ## Mycelium's protocol, byte by byte, against the release binary
	HYPHA=$(HYPHA) Tools/sandbox.sh $(PYTHON) -B Tests/Conformance/conform.py --no-skips $(CASES)

sim: toolchain  ## SEEDS=200 simulated networks; SEED=N replays one
	$(SWIFT) run $(CHECKED) hypha-sim $(if $(SEED),--first $(SEED) --seeds 1 --trace,--seeds $(SEEDS))

fuzz-replay: toolchain  ## every fuzzer over its corpus, and a short run of the small ones
	@set -e; for name in $(FUZZERS); do Tools/fuzz.sh replay $$name; done
	@set -e; for name in Wire Offload; do Tools/fuzz.sh brief $$name; done

fuzz: toolchain  ## FUZZ_RUNS=150000000 inputs for each fuzzer: ten million a decoder
	@set -e; for name in $(FUZZERS); do Tools/fuzz.sh grow $$name $(FUZZ_RUNS); done

fuzz-count: toolchain  ## ten million mutated inputs for each wire decoder, a tenth for handshakes; COUNT=10000000
	$(SWIFT) build -c release --static-swift-stdlib --product fuzz-wire
	.build/release/fuzz-wire --mutate $(COUNT) Tools/Fuzz/Wire/Corpus/*
	$(SWIFT) build -c release --static-swift-stdlib --product fuzz-handshake
	.build/release/fuzz-handshake --mutate $$(($(COUNT) / 10)) Tools/Fuzz/Handshake/Corpus/*

fuzz-%: toolchain  ## one fuzzer, for example fuzz-Wire
	@Tools/fuzz.sh grow $* $(FUZZ_RUNS)

# ---- measuring ----

bench: root install-test-dependencies build  ## the whole table; BENCH_ROUNDS=5 BENCH_SECONDS=2, about 15 minutes
	@HYPHA=$(HYPHA) Tools/Bench/bench.sh

bench-primitives: toolchain  ## microseconds of each operation of HyphaPrimitives
	$(SWIFT) build -c release --static-swift-stdlib --product primitive-bench
	@.build/release/primitive-bench

bench-quick: root install-test-dependencies build  ## the same in two minutes, for tuning: each carrier and its yardstick
	@HYPHA=$(HYPHA) Tools/Bench/bench.sh quick

bench-startup: root build  ## start-up and rejoin times
	@HYPHA=$(HYPHA) Tools/sandbox.sh python3 -B Tools/Bench/timings.py

bench-idle: root build  ## processor and memory of an idle node, over IDLE=300 seconds
	@HYPHA=$(HYPHA) Tools/sandbox.sh python3 -B Tools/Bench/idle.py --seconds $(IDLE)

# ---- form ----

format: toolchain  ## rewrite the sources in the house format
	$(SWIFT) format format --in-place --parallel --recursive $(SOURCES)

lint: toolchain  ## format and house rules, checked
	$(SWIFT) format lint --strict --parallel --recursive $(SOURCES)
	@$(MAKE) --no-print-directory tidy

tidy: toolchain  ## the house rules of Docs/style.md
	@mkdir -p .build
	@$(SWIFT) package dump-package >.build/package.json
	@$(SWIFT) build --product tidy
	@.build/debug/tidy --manifest .build/package.json

shim-check: toolchain  ## the C shims under every warning
	@Tools/shim-check.sh

docs: toolchain  ## reference pages of the libraries, .build/docs
	@Tools/docs.sh

# ---- installing ----

BIN      := $(DESTDIR)$(PREFIX)/bin
MAN      := $(DESTDIR)$(PREFIX)/share/man
BASH     := $(DESTDIR)$(PREFIX)/share/bash-completion/completions
ZSH      := $(DESTDIR)$(PREFIX)/share/zsh/site-functions
FISH     := $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
CONFIG   := $(DESTDIR)$(SYSCONFDIR)/hypha
UNIT     := $(DESTDIR)$(UNITDIR)/hypha.service
SYSUSERS := $(DESTDIR)$(SYSUSERSDIR)/hypha.conf

install: build  ## binary, man pages, completions, service; PREFIX=/usr/local DESTDIR=
	@[ -n "$(DESTDIR)" ] || [ "$$(id -u)" -eq 0 ] || { echo "install: not root; run it as root, or with DESTDIR=folder" >&2; exit 1; }
	install -Dm755 -s .build/release/hypha $(BIN)/hypha
	install -d $(MAN) $(BASH) $(ZSH) $(FISH) $(CONFIG)
	$(HYPHA) generate man --output $(MAN)
	$(HYPHA) generate completions bash >$(BASH)/hypha
	$(HYPHA) generate completions zsh >$(ZSH)/_hypha
	$(HYPHA) generate completions fish >$(FISH)/hypha.fish
	[ -e $(CONFIG)/hypha.toml ] || $(HYPHA) generate config >$(CONFIG)/hypha.toml
	install -d $(dir $(UNIT)) $(dir $(SYSUSERS))
	sed 's,@PREFIX@,$(PREFIX),g' systemd/hypha.service >$(UNIT)
	install -m644 systemd/hypha.sysusers $(SYSUSERS)
	@[ -n "$(DESTDIR)" ] || Tools/make-user.sh $(SYSUSERS)
	@echo "installed; as a service: systemctl daemon-reload && systemctl enable --now hypha"

uninstall:  ## what install put there, except configuration and state
	rm -f $(BIN)/hypha $(MAN)/man1/hypha*.1 $(MAN)/man5/hypha*.5 $(MAN)/man8/hypha*.8
	rm -f $(BASH)/hypha $(ZSH)/_hypha $(FISH)/hypha.fish $(UNIT) $(SYSUSERS)
	@echo "kept: $(CONFIG), /var/lib/hypha, user and group hypha"

clean:  ## everything that was built
	rm -rf .build .venv Tools/Bench/yardstick Tools/Bench/yardstick-openssl

# ---- what must be there ----

toolchain:
	@command -v $(SWIFT) >/dev/null || { echo "no Swift toolchain: get $$(cat .swift-version) from https://www.swift.org/install/linux and put its usr/bin on PATH" >&2; exit 1; }

root:
	@[ "$$(id -u)" -eq 0 ] || unshare --map-root-user --net true 2>/dev/null || { echo "needs root, or user namespaces (sysctl kernel.unprivileged_userns_clone=1): run it with sudo" >&2; exit 1; }

$(PYTHON): Tests/Conformance/requirements.txt
	python3 -m venv .venv
	.venv/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@
