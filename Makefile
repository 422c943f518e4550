# make          the tools and the examples, in build/
# make test     the tests; the last line is the total
# make check    the tests again with other compilers, languages, sanitizers and machines: those of them that are installed
# make demo     trains, runs and compares on bundled events
# make bench    microseconds per event
JOBS ?= $(shell nproc 2>/dev/null || echo 1)
MAKEFLAGS += -j$(JOBS)
CC ?= cc
CXX ?= c++
CFLAGS ?= -O2
BUILD ?= build
$(shell mkdir -p $(BUILD))
OPENMP := $(shell printf 'int main(void){return 0;}' > $(BUILD)/try.c; $(CC) -fopenmp $(BUILD)/try.c -o $(BUILD)/try 2>/dev/null && echo -fopenmp)

HEADERS = $(wildcard passwd*.h)
TOOLS = $(patsubst tools/%.c,$(BUILD)/%,$(wildcard tools/*.c))
EXAMPLES = $(patsubst examples/%.c,$(BUILD)/example_%,$(wildcard examples/*.c)) \
           $(patsubst examples/%.cpp,$(BUILD)/example_%_cpp,$(wildcard examples/*.cpp))
SCRIPTS = $(filter-out $(addprefix tests/,run.sh check.sh headers.sh fuzz.sh),$(wildcard tests/*.sh))
# of `make programs`: their names; the emulator that runs them; those of them that run short
NAMES ?= $(patsubst tests/%.c,%,$(wildcard tests/*.c))
RUNNER ?=
QUICK ?=
PROGRAMS = $(foreach t,$(NAMES),"$(strip $(RUNNER) $(BUILD)/test_$(t) $(if $(filter $(t),$(QUICK)),quick))")

all: $(TOOLS) $(EXAMPLES)

# the implementation is compiled once; tools and tests link it
$(BUILD)/passwd.o: passwd.h
	printf '#define PASSWD_IMPLEMENTATION\n#include "passwd.h"\n' > $(BUILD)/passwd.c
	$(CC) $(CFLAGS) $(OPENMP) -I. -c $(BUILD)/passwd.c -o $@
LINKED = $(CC) $(CFLAGS) $(PLAIN) $(OPENMP) -I. -c $< -o $@.o && $(CC) $(OPENMP) $@.o $(BUILD)/passwd.o -o $@ -lm
$(BUILD)/test_%: tests/%.c tests/check.h $(HEADERS) $(BUILD)/passwd.o
	$(LINKED)
$(BUILD)/%: tools/%.c $(wildcard tools/*.h) $(HEADERS) $(BUILD)/passwd.o
	$(LINKED)
# a test of private functions has an implementation of its own: where it runs no network, without kernels, which take longest to compile
$(foreach t,decays files jets promises reweight,$(BUILD)/test_$(t)): PLAIN = -DPASSWD_NO_SIMD
# as README shows it: one file, one command
$(BUILD)/example_%: examples/%.c $(HEADERS)
	$(CC) $(CFLAGS) $(OPENMP) -I. $< -o $@ -lm
$(BUILD)/example_%_cpp: examples/%.cpp $(HEADERS)
	$(CXX) $(CFLAGS) $(OPENMP) -I. $< -o $@ -lm

test: $(NAMES:%=$(BUILD)/test_%) $(if $(SCRIPTS),$(addprefix $(BUILD)/,abc rmm spanet jets))
	@SCRATCH=$(BUILD) sh tests/run.sh -j $(JOBS) $(foreach s,$(SCRIPTS),"sh $(s)") $(PROGRAMS)
programs: $(NAMES:%=$(BUILD)/test_%)
	@SCRATCH=$(BUILD) sh tests/run.sh $(PROGRAMS)
check:
	@JOBS=$(JOBS) sh tests/check.sh
demo: $(BUILD)/abc $(BUILD)/rmm $(BUILD)/spanet $(BUILD)/jets
	@sh tools/demo.sh
bench: $(BUILD)/bench $(BUILD)/bench_rmm $(BUILD)/bench_spanet $(BUILD)/bench_jets
	@sh tools/bench.sh $(BENCH)
clean:
	rm -rf $(BUILD)

.PHONY: all test programs check demo bench clean
