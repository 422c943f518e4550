# make          the tools, the benchmarks and the examples, in build/
# make test     the tests; the last line is the total
# make check    the tests again with other compilers, languages, sanitizers and machines: those of them that are installed
# make demo     trains, runs and compares on bundled events
# make bench    microseconds per event
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 1)
CC ?= cc
CXX ?= c++
CFLAGS ?= -O2
BUILD ?= build
OPENMP := $(shell printf 'int main(void){return 0;}' | $(CC) -fopenmp -x c - -o /dev/null 2>/dev/null && echo -fopenmp)
COMPILE = $(CC) $(CFLAGS) $(OPENMP) -I. $< -o $@ -lm
COMPILE_CXX = $(CXX) $(CFLAGS) $(OPENMP) -I. $< -o $@ -lm

HEADERS = $(wildcard passwd*.h)
TOOLS = $(patsubst tools/%.c,$(BUILD)/%,$(wildcard tools/*.c))
EXAMPLES = $(patsubst examples/%.c,$(BUILD)/example_%,$(wildcard examples/*.c)) \
           $(patsubst examples/%.cpp,$(BUILD)/example_%_cpp,$(wildcard examples/*.cpp))
TESTS = $(patsubst tests/%.c,$(BUILD)/test_%,$(wildcard tests/*.c))
SCRIPTS = $(filter-out tests/run.sh tests/check.sh tests/headers.sh,$(wildcard tests/*.sh))

all: $(TOOLS) $(EXAMPLES)

$(BUILD):
	mkdir -p $@
$(BUILD)/example_%: examples/%.c $(HEADERS) | $(BUILD)
	$(COMPILE)
$(BUILD)/example_%_cpp: examples/%.cpp $(HEADERS) | $(BUILD)
	$(COMPILE_CXX)
$(BUILD)/test_%: tests/%.c tests/check.h $(HEADERS) | $(BUILD)
	$(COMPILE)
# where no network runs, its kernels need not be compiled
$(foreach t,hunt limits topology assignment files fuzz jets reweight,$(BUILD)/test_$(t)): COMPILE += -DPASSWD_NO_SIMD
$(BUILD)/%: tools/%.c $(wildcard tools/*.h) $(HEADERS) | $(BUILD)
	$(COMPILE)

test: $(TESTS) $(if $(SCRIPTS),$(addprefix $(BUILD)/,abc rmm spanet jets))
	@sh tests/run.sh $(TESTS) $(foreach s,$(SCRIPTS),"sh $(s)")
check: | $(BUILD)
	@sh tests/check.sh
demo: $(BUILD)/abc $(BUILD)/rmm $(BUILD)/spanet $(BUILD)/jets
	@sh tools/demo.sh
bench: $(BUILD)/bench $(BUILD)/bench_rmm $(BUILD)/bench_spanet $(BUILD)/bench_jets
	@sh tools/bench.sh $(BENCH)
clean:
	rm -rf $(BUILD)

.PHONY: all test check demo bench clean
