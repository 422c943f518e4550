# make          the tools and the examples, in build/
# make test     the tests; the last line is the total
# make check    the tests again with other compilers, languages, sanitizers and machines, as far as they are installed
# make demo     trains, runs and compares on bundled events
# make MPI=1    the tools for several processes (OpenMPI or MPICH)
# make bench    microseconds per event
# make convert  build/convert, which reads ROOT, HDF5, parquet, LHE, HepMC ..., as far as their libraries are installed
# make install PREFIX=/usr/local DESTDIR=     the headers, for pkg-config and CMake; make uninstall removes them
JOBS ?= $(shell nproc 2>/dev/null || echo 1)
MAKEFLAGS += -j$(JOBS)
CC ?= cc
CXX ?= c++
CFLAGS ?= -O2
BUILD ?= build
$(shell mkdir -p $(BUILD))
OPENMP := $(shell printf 'int main(void){return 0;}' > $(BUILD)/try.c; \
    $(CC) -fopenmp $(BUILD)/try.c -o $(BUILD)/try 2>/dev/null && echo -fopenmp)

# libraries of the tools, where they are installed: they read compressed files
library = $(shell printf '\043include <$(1).h>\nint main(void){return 0;}' > $(BUILD)/try.c; \
    $(CC) $(BUILD)/try.c -o $(BUILD)/try -l$(2) 2>/dev/null && echo -D$(3) -l$(2))
LIBRARIES := $(call library,zlib,z,TOOLS_ZLIB) $(call library,zstd,zstd,TOOLS_ZSTD)

# MPI=1: the tools train in several processes, mpirun -n 8 build/abc train ...
ifdef MPI
CC = mpicc
LIBRARIES += -DTOOLS_MPI
endif
# what was built in the other way is built again
$(shell [ "$$(cat $(BUILD)/mode 2>/dev/null)" = "MPI=$(MPI)" ] || echo "MPI=$(MPI)" > $(BUILD)/mode)

HEADERS = $(wildcard passwd*.h)
TOOLS = $(patsubst tools/%.c,$(BUILD)/%,$(wildcard tools/*.c))
EXAMPLES = $(patsubst examples/%.c,$(BUILD)/example_%,$(filter-out $(if $(MPI),,%_mpi.c),$(wildcard examples/*.c))) \
           $(patsubst examples/%.cpp,$(BUILD)/example_%_cpp,$(wildcard examples/*.cpp))
SCRIPTS = $(filter-out $(addprefix tests/,run.sh check.sh commands.sh headers.sh fuzz.sh mpi.sh),$(wildcard tests/*.sh))
# of `make programs`: their names; the emulator that runs them; those that run in a short form
NAMES ?= $(patsubst tests/%.c,%,$(wildcard tests/*.c))
RUNNER ?=
QUICK ?=
PROGRAMS = $(foreach t,$(NAMES),"$(strip $(RUNNER) $(BUILD)/test_$(t) $(if $(filter $(t),$(QUICK)),quick))")

all: $(TOOLS) $(EXAMPLES)

# the implementation is compiled once; tools and tests link it
$(BUILD)/passwd.o: passwd.h
	printf '#define PASSWD_IMPLEMENTATION\n#include "passwd.h"\n' > $(BUILD)/passwd.c
	$(CC) $(CFLAGS) $(OPENMP) -I. -c $(BUILD)/passwd.c -o $@
LINKED = $(CC) $(CFLAGS) $(PLAIN) $(OPENMP) $(filter -D%,$(WITH)) -I. -c $< -o $@.o && \
    $(CC) $(OPENMP) $@.o $(BUILD)/passwd.o -o $@ $(filter -l%,$(WITH)) -lm
$(BUILD)/test_%: tests/%.c tests/check.h tests/counting.h $(HEADERS) $(BUILD)/passwd.o
	$(LINKED)
$(BUILD)/test_jet_networks: tools/density.h
$(BUILD)/test_convert_jets: tools/convert_cluster.h
$(BUILD)/%: tools/%.c $(wildcard tools/*.h) $(HEADERS) $(BUILD)/passwd.o $(BUILD)/mode
	$(LINKED)
$(TOOLS): WITH = $(LIBRARIES)
# with the libraries that are installed: without any it says which Debian package a format takes
$(BUILD)/convert: tools/convert.c tools/convert_hepmc.cpp tools/convert/build.sh $(wildcard tools/*.h) $(HEADERS) \
    $(BUILD)/passwd.o
	@CC='$(CC)' CXX='$(CXX)' CFLAGS='$(CFLAGS)' OPENMP='$(OPENMP)' BUILD='$(BUILD)' sh tools/convert/build.sh
# and those of npm, into build/convert_node
convert: $(BUILD)/convert
	@BUILD='$(BUILD)' sh tools/convert/build.sh node
# a test of private functions has its own implementation; if it runs no network, without kernels, which take longest to
# compile
$(foreach t,decays files jets promises reweight,$(BUILD)/test_$(t)): PLAIN = -DPASSWD_NO_SIMD
# as README shows it: one file, one command
$(BUILD)/example_%: examples/%.c $(HEADERS)
	$(CC) $(CFLAGS) $(OPENMP) -pthread -I. $< -o $@ -lm
$(BUILD)/example_%_cpp: examples/%.cpp $(HEADERS)
	$(CXX) $(CFLAGS) $(OPENMP) -pthread -I. -I$(BUILD) $< -o $@ -lm
# the network inside it
$(BUILD)/example_embedded_cpp: $(BUILD)/weights.h
$(BUILD)/weights.h: $(BUILD)/abc data/abc.safetensors
	$(BUILD)/abc export --weights data/abc.safetensors --c $@

test: $(NAMES:%=$(BUILD)/test_%) $(if $(SCRIPTS),$(addprefix $(BUILD)/,abc convert rmm spanet jets))
	@SCRATCH=$(BUILD) sh tests/run.sh -j $(JOBS) $(foreach s,$(SCRIPTS),"sh $(s)") $(PROGRAMS)
programs: $(NAMES:%=$(BUILD)/test_%)
	@SCRATCH=$(BUILD) sh tests/run.sh $(PROGRAMS)
check:
	@JOBS=$(JOBS) sh tests/check.sh
demo: $(BUILD)/abc $(BUILD)/rmm $(BUILD)/spanet $(BUILD)/jets
	@sh tools/demo.sh
bench: $(BUILD)/bench $(BUILD)/bench_rmm $(BUILD)/bench_spanet $(BUILD)/bench_jets
	@sh tools/bench.sh $(BENCH)
# one style everywhere; Debian's clang-format
format:
	clang-format -i $(HEADERS) tools/*.[ch] tests/*.[ch] examples/*.[ch]*
clean:
	rm -rf $(BUILD)

# headers alone: nothing is compiled. Both descriptions find them from their own place, so that the tree may be moved.
PREFIX ?= /usr/local
VERSION = $(shell sed -n 's/^.define PASSWD_VERSION .*\/\* \([0-9.]*\) .*/\1/p' passwd.h)
HERE = $(DESTDIR)$(PREFIX)
install:
	install -d "$(HERE)/include" "$(HERE)/share/pkgconfig" "$(HERE)/share/cmake/passwd"
	install -m 644 $(HEADERS) "$(HERE)/include"
	printf '%s\n' 'prefix=$${pcfiledir}/../..' 'includedir=$${prefix}/include' 'Name: passwd' 'Version: $(VERSION)' \
	    'Description: Searches for new particles with small neural networks, in headers' \
	    'Cflags: -I$${includedir}' 'Libs: -lm' > "$(HERE)/share/pkgconfig/passwd.pc"
	printf '%s\n' 'if(NOT TARGET passwd::passwd)' '  add_library(passwd::passwd INTERFACE IMPORTED)' \
	    '  set_target_properties(passwd::passwd PROPERTIES INTERFACE_LINK_LIBRARIES m' \
	    '    INTERFACE_INCLUDE_DIRECTORIES "$${CMAKE_CURRENT_LIST_DIR}/../../../include")' 'endif()' \
	    > "$(HERE)/share/cmake/passwd/passwd-config.cmake"
	printf '%s\n' 'set(PACKAGE_VERSION $(VERSION))' 'if(PACKAGE_FIND_VERSION VERSION_LESS_EQUAL PACKAGE_VERSION)' \
	    '  set(PACKAGE_VERSION_COMPATIBLE TRUE)' 'endif()' > "$(HERE)/share/cmake/passwd/passwd-config-version.cmake"
uninstall:
	cd "$(HERE)/include" && rm -f $(HEADERS)
	rm -f "$(HERE)/share/pkgconfig/passwd.pc"
	rm -rf "$(HERE)/share/cmake/passwd"

.PHONY: all convert test programs check demo bench format clean install uninstall
