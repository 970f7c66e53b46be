# The Swift toolchain is the one prerequisite; what else is missing is installed from Debian's packages.
SHELL := /bin/bash
OFFSTAGE := .build/release/offstage
MODEL := experts/tiny

.PHONY: run test ranks sanitize lint build packages conformance clean

## Build, pack the model that ships, and run it with a quarter of its experts in memory.
run: build
	@$(OFFSTAGE) inspect tiny >/dev/null 2>&1 || $(OFFSTAGE) pack experts/shipped --name tiny
	$(OFFSTAGE) run tiny "Once upon a time, there was a" --ram 25% -n 240

## Build and run every test.
test: packages
	swift test -c release

## Run the checks of ranks over MPI, which is installed if it is missing.
ranks:
	@./.ci/packages libopenmpi-dev openmpi-bin
	@./.ci/ranks

## Run the tests of reading, caching and ranks under ThreadSanitizer and AddressSanitizer, each built in a folder of its own.
sanitize: packages
	TSAN_OPTIONS=halt_on_error=1 swift test --sanitize thread --scratch-path .build-thread \
	    --filter "OffloadTests|RanksTests" --skip "no flipped bit"
	LSAN_OPTIONS=suppressions=$(CURDIR)/Tests/leaks-of-others.txt swift test --sanitize address --scratch-path .build-address \
	    --filter "OffloadTests|RanksTests"

build: packages
	swift build -c release

lint:
	swift format lint --strict --recursive Package.swift Sources Tests

## Compare with the reference programs; fetches them from PyPI (needs Python 3 with pip, cmake and a C++ compiler).
conformance: build
	python3 Benchmarks/conformance/conformance.py

packages:
	@./.ci/packages

clean:
	rm -rf .build .build-mpi .build-thread .build-address $(MODEL)
