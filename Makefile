# The front door. `make` alone prints what there is to do; the recipes below read from top to bottom.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules
CXX := g++

# ---- What the course needs: the one list of packages (Debian 12 and current Ubuntu know them by these names) ----------------
PACKAGES := g++ clang clang-format clang-tidy lld valgrind elfutils binutils bubblewrap python3-minimal \
  libgtest-dev libgmock-dev libfmt-dev libcli11-dev nlohmann-json3-dev libtomlplusplus-dev libpugixml-dev libarchive-dev \
  libboost-dev libreaderwriterqueue-dev doxygen graphviz zip shellcheck

# ---- What there is ----------------------------------------------------------------------------------------------------------
LABS := $(notdir $(patsubst %/,%,$(wildcard labs/[0-9]*/)))
CHECKERS := unit tsan asan memcheck count explore crash
FLAVOURS := unit tsan asan count
# memcheck runs the plain build under valgrind; explore and crash run the tests of their own that the build of count holds.
flavour_of = $(if $(filter memcheck,$1),unit,$(if $(filter explore crash,$1),count,$1))

# One line a checker: how code is compiled, and how a suite is linked. `count` compiles as tsan does, but links our own
# runtime behind the instrumentation (common/explore).
COMPILE_unit  := -O2
COMPILE_tsan  := -O1 -fsanitize=thread -Wno-maybe-uninitialized
COMPILE_asan  := -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -Wno-maybe-uninitialized
COMPILE_count := -O1 -fsanitize=thread -Wno-maybe-uninitialized -fno-builtin-memcpy -fno-builtin-memmove -fno-builtin-memset -fno-builtin-memcmp
# (maybe-uninitialized: false alarms under instrumentation; no-builtin: a copy must be a call, to be seen)
# Tests and what they stand on: quick to compile, with the lines for stacks. In `count` their accesses are part of the scenario, so they
# are optimised as the student's are; under `tsan` too, for without that g++ takes each order of an atomic for the strongest one. (null,
# alignment, vptr: checks of each pointer, half of the time that compiling the tests would take.)
TESTS_unit  := -O0 -g1
TESTS_tsan  := -g1
TESTS_asan  := -O0 -g1 -fno-sanitize=null,alignment,vptr
TESTS_count := -g1
LINK_unit     := -fuse-ld=lld
LINK_tsan     := -fuse-ld=lld -fsanitize=thread
LINK_asan     := -fuse-ld=lld -fsanitize=address,undefined
LINK_count    := -fuse-ld=lld -Wl,--wrap=memcpy,--wrap=memmove,--wrap=memset,--wrap=memcmp

# ---- What was asked for -----------------------------------------------------------------------------------------------------
LAB ?=
CHECKER ?=
TEST ?=
SEED ?=
SCHEDULE ?=
TO_MEASURE := $(or $(SUBMISSION),$(wildcard solutions),labs)
SUBMISSION ?= labs
N ?= 200
OUT ?=
ONLY ?=
WHOLE ?=
IMPL ?= labs
KEY ?= labs
# An implementation that shares files with another one, as a mutant does: what IMPL has not is that one's, and is compiled once.
REST ?=

matches = $(filter $1,$2 $(firstword $(subst -, ,$2)) $(patsubst 0%,%,$(firstword $(subst -, ,$2))) \
  $(patsubst $(firstword $(subst -, ,$2))-%,%,$2))
selected_labs := $(strip $(if $(LAB),$(foreach lab,$(LABS),$(if $(call matches,$(LAB),$(lab)),$(lab))),$(LABS)))
selected_checkers := $(or $(CHECKER),$(CHECKERS))

# ---- Flags ------------------------------------------------------------------------------------------------------------------
WARNINGS := -Wall -Wextra -Wpedantic
CXXFLAGS := -std=c++20 -g -gdwarf-4 -pthread -fno-omit-frame-pointer $(WARNINGS)
INCLUDES := -Icommon
# The calls that tests can make fail or hold (common/testing/gate_calls.inc).
GATED := $(shell sed -n 's/^GATE.[^,]*, *\([a-z_0-9]*\),.*/\1/p' common/testing/gate_calls.inc) mremap open openat shmat
WRAP := $(GATED:%=-Wl,--wrap=%)
NO_TSAN_WARNING := $(if $(findstring g++,$(CXX)),$(if $(findstring clang,$(CXX)),,-Wno-tsan))

# ---- Reader's targets -------------------------------------------------------------------------------------------------------
.DEFAULT_GOAL := help
.PHONY: help
help:
	@awk '/^if.*wildcard solutions/ { hidden = $(if $(wildcard solutions),0,1) } /^endif/ { hidden = 0 } hidden { next } \
	  /^##@/ { printf "\n\033[1m%s\033[0m\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { split($$0, part, ":.*## "); printf "  make %-13s %s\n", part[1], part[2] }' Makefile
	@echo
	@echo "  Labs: $(LABS)"
	@echo "  Checkers: $(CHECKERS)"

##@ Students
.PHONY: check explore grade bench docs compdb clean
check: packages valid-lab valid-checker valid-submission $(if $(filter labs,$(SUBMISSION)),,build/autograder) ## the tests of one lab: LAB=07 [TEST=..] [CHECKER=unit] [SEED=..] [SUBMISSION=DIR]
	@common/testing/check "$(LAB_NAMES)" "$(or $(CHECKER),unit)" "$(TEST)" "$(SUBMISSION)"
explore: packages valid-lab ## every order of threads, every moment of death: LAB=07 [TEST=..] [SCHEDULE=..] [SUBMISSION=DIR]
	@$(MAKE) --no-print-directory check CHECKER="$(or $(CHECKER),explore crash)" $(if $(SCHEDULE),SCHEDULE=$(SCHEDULE))
grade: packages valid-lab valid-submission build/autograder ## marks and what to do next: [SUBMISSION=DIR|FILE.zip|FILE.tar.gz] [LAB=07]
	@build/autograder grade --submission '$(SUBMISSION)' $(if $(LAB),--lab $(LAB_NAMES))

bench: packages valid-lab valid-submission ## how fast a ring (or another lab) is, beside the best there are [LAB=07] [SUBMISSION=DIR]
	@$(MAKE) --no-print-directory benches IMPL='$(TO_MEASURE)'
	@for lab in $(LAB_NAMES); do if [ -x build/bench/$$lab ]; then build/bench/$$lab; fi; done
docs: packages ## the book: build/docs/html/index.html
	@docs/build
compdb: ## compile_commands.json for editors
	@tests/compdb > compile_commands.json
clean: ## removes all that was built
	@rm -rf build compile_commands.json

ifneq ($(wildcard solutions),)# what a handout is without
##@ Instructors
.PHONY: mutants alternates handout
mutants: packages valid-lab build/autograder ## the kill matrix: every known mistake must be caught [LAB=07] [ONLY='relaxed-*'] [WHOLE=1]
	@build/autograder mutants $(if $(LAB),--lab $(LAB_NAMES)) $(if $(ONLY),--only '$(ONLY)') $(if $(WHOLE),--whole)
alternates: packages valid-lab build/autograder ## right but unusual solutions must score full marks [LAB=07]
	@build/autograder alternates $(if $(LAB),--lab $(LAB_NAMES))
handout: ## the tree that students are given: OUT=DIR
	@grading/make-handout '$(OUT)'

##@ Maintainers
.PHONY: test soak bench-explore format lint
test: packages ## every test of the course itself; closes with N passed, N failed
	@tests/run-all
soak: packages valid-lab valid-checker build/autograder ## tests again and again under load: N=200 [LAB=07] [CHECKER=unit]
	@for lab in $(LAB_NAMES); do \
	  build/autograder soak --lab $$lab --runs $(N) --checker $(or $(CHECKER),unit) --submission $(if $(filter labs,$(SUBMISSION)),solutions,$(SUBMISSION)); \
	done
bench-explore: packages build/count/tests/explore/bench/bench ## how fast the explorer is, beside the bare cost of switching fibers as often
	@build/count/tests/explore/bench/bench
format: packages ## formats the C++ sources in place
	@git ls-files --cached --others --exclude-standard '*.cpp' '*.hpp' | xargs clang-format -i
lint: packages ## clang-format, clang-tidy, warnings as errors on g++ and clang++
	@tests/lint
endif

.PHONY: packages
packages:
	@common/install-packages $(PACKAGES)

# ---- Names that were given ---------------------------------------------------------------------------------------------------
LAB_NAMES := $(selected_labs)
.PHONY: valid-lab valid-checker valid-submission
valid-lab:
	@if [ -z "$(LAB_NAMES)" ]; then echo "make: no lab '$(LAB)'; there are: $(LABS)" >&2; exit 2; fi
valid-checker:
	@for checker in $(CHECKER); do case " $(CHECKERS) " in *" $$checker "*) ;; \
	  *) echo "make: no checker '$$checker'; there are: $(CHECKERS)" >&2; exit 2 ;; esac; done

valid-submission:
	@if [ ! -e '$(SUBMISSION)' ]; then echo "make: $(SUBMISSION): there is no such file or folder" >&2; exit 2; fi

# ---- Rules: one set for every (flavour, implementation, lab) -------------------------------------------------------------------
# Our own sources of a folder are compiled as one: most of the time goes into headers and templates that all of them need, and so it takes
# a fifth. (So names that are not in a header are the folder's, not the file's. subobject-linkage: warns of types in what is no header here.)
as_one = -Wno-subobject-linkage -ffile-prefix-map=./= $(addprefix -include ,$1) -x c++ -c /dev/null
# $1 flavour: what stands on the runtime is left out where that is not linked
common_sources = $(filter-out %/main.cpp $(if $(filter count,$1),,common/testing/crash%.cpp %/explored.cpp),$(wildcard common/shm/*.cpp common/testing/*.cpp))
RUNTIME_SOURCES := $(wildcard common/explore/*.cpp)

# All of this is made again when the Makefile has changed: precompiled headers fit one set of options only, and most objects include one.
# $1 flavour
define common_rules
build/$1/common/all.o: $(call common_sources,$1) Makefile
	@mkdir -p $$(@D)
	$$(call say,$$@)$$(CXX) $$(CXXFLAGS) -Werror $$(NO_TSAN_WARNING) $$(COMPILE_$1) $$(TESTS_$1) $$(INCLUDES) -MMD -MP $(call as_one,$(call common_sources,$1)) -o $$@
build/$1/common/main.o: common/testing/main.cpp build/$1/precompiled.hpp.gch
	@mkdir -p $$(@D)
	$$(call say,$$@)$$(CXX) -include build/$1/precompiled.hpp $$(CXXFLAGS) -Werror $$(NO_TSAN_WARNING) $$(COMPILE_$1) $$(TESTS_$1) $$(INCLUDES) -MMD -MP -c $$< -o $$@
build/$1/precompiled.hpp.gch: common/testing/precompiled.hpp Makefile
	@mkdir -p $$(@D)
	$$(call say,$$@)$$(CXX) $$(CXXFLAGS) -Werror $$(NO_TSAN_WARNING) $$(COMPILE_$1) $$(TESTS_$1) $$(INCLUDES) -MMD -MP -MT $$@ -MF build/$1/precompiled.d -c $$< -o $$@
build/$1/standard.hpp.gch: common/shm/standard.hpp Makefile
	@mkdir -p $$(@D)
	$$(call say,$$@)$$(CXX) $$(CXXFLAGS) -Werror $$(NO_TSAN_WARNING) $$(COMPILE_$1) -MMD -MP -MT $$@ -MF build/$1/standard.d -c $$< -o $$@
build/$1/libcourse.a: build/$1/common/main.o build/$1/common/all.o $(if $(filter count,$1),build/count/runtime/all.o)
	@rm -f $$@
	$$(call say,$$@)ar rcs $$@ $$^
endef

# The runtime answers the instrumentation, so it must not be instrumented itself.
build/count/runtime/all.o: $(RUNTIME_SOURCES) Makefile
	@mkdir -p $(@D)
	$(call say,$@)$(CXX) $(CXXFLAGS) -Werror -O3 $(INCLUDES) -MMD -MP $(call as_one,$(RUNTIME_SOURCES)) -o $@

# $1 flavour, $2 lab (or a folder of the course's own tests)
test_sources = $(wildcard $(if $(and $(filter count,$1),$(filter $(LABS),$2)),$(addprefix tests/$2/,count/*.cpp explore/*.cpp crash/*.cpp),tests/$2/*.cpp))
define test_rules
build/$1/tests/$2/all.o: $(call test_sources,$1,$2) build/$1/precompiled.hpp.gch
	@mkdir -p $$(@D)
	$$(call say,$$@)$$(CXX) -include build/$1/precompiled.hpp $$(CXXFLAGS) -Werror $$(NO_TSAN_WARNING) $$(COMPILE_$1) $$(TESTS_$1) $$(INCLUDES) -Ilabs/$2 -Itests/$2 -MMD -MP $(call as_one,$(call test_sources,$1,$2)) -o $$@
endef

# $1 flavour, $2 lab: the student's files, the given shims that include them, the suite, the probes
define lab_rules
files_of_$2 := $$(notdir $$(wildcard $$(IMPL)/$2/*.cpp))
objects_$1_$2 := $$(patsubst %.cpp,build/$1/$$(KEY)/$2/%.o,$$(files_of_$2)) \
  $$(patsubst %.cpp,build/$1/$$(REST)/$2/%.o,$$(filter-out $$(files_of_$2),$$(if $$(REST),$$(notdir $$(wildcard $$(REST)/$2/*.cpp))))) \
  $$(patsubst tests/$2/shim/%.cpp,build/$1/$$(KEY)/$2/shim/%.o,$$(wildcard tests/$2/shim/*.cpp))
build/$1/$$(KEY)/$2/%.o: $$(IMPL)/$2/%.cpp build/$1/standard.hpp.gch
	@mkdir -p $$(@D)
	$$(call say,$$@)$$(call students_compile,$1,$2)
build/$1/$$(KEY)/$2/shim/%.o: tests/$2/shim/%.cpp build/$1/standard.hpp.gch
	@mkdir -p $$(@D)
	$$(call say,$$@)$$(call students_compile,$1,$2)
build/$1/$$(KEY)/$2/suite: $$(objects_$1_$2) build/$1/tests/$2/all.o build/$1/libcourse.a
	$$(call say,$$@)$$(CXX) -pthread $$(LINK_$1) $$(WRAP) $$(filter %.o,$$^) build/$1/libcourse.a -lgmock -lgtest -o $$@
build/$1/$$(KEY)/$2/suite.probes: $(if $(filter unit,$1),$$(wildcard tests/$2/probes/*.cpp $$(IMPL)/$2/* labs/$2/*.hpp) build/unit/standard.hpp.gch,build/unit/$$(KEY)/$2/suite.probes)
	@mkdir -p $$(@D)
	$(if $(filter unit,$1),$$(call say,$$@)$$(call ask_the_probes,$2),@cp $$< $$@)
endef

# Whether each compiles; that is the same for every checker.
ask_the_probes = : > $@; for probe in $(wildcard tests/$1/probes/*.cpp); do \
	  if $(CXX) -include build/unit/standard.hpp $(CXXFLAGS) $(COMPILE_unit) -w $(INCLUDES) -I$(IMPL)/$1 -Ilabs/$1 -fsyntax-only $$probe 2>/dev/null; \
	  then answer=ok; else answer=error; fi; echo "$$(basename $$probe .cpp) $$answer" >> $@; done

# A student's warnings are kept and shown, never fatal.
students_compile = $(CXX) -include build/$1/standard.hpp $(CXXFLAGS) $(NO_TSAN_WARNING) $(COMPILE_$1) $(INCLUDES) -I$(IMPL)/$2 -Ilabs/$2 -MMD -MP -c $< -o $@ \
	  2> $(@:.o=.log) || { cat $(@:.o=.log) >&2; exit 1; }; $(if $(filter count,$1),$(refuse_the_explorer);) cat $(@:.o=.log) >&2

# Who is judged by the explorer must not be able to switch it off, or to answer in its place. (No grep -q: it would end
# nm by SIGPIPE.)
refuse_the_explorer = if nm $@ | grep -E ' _ZN?K?7explore|explore_is_answering| [TDB] (__tsan_|__wrap_)' >/dev/null; then rm $@; \
	  echo "$<:1:1: error: it uses the explorer itself (namespace explore), or takes its place: a submission must not" \
	  | tee -a $(@:.o=.log) >&2; exit 1; fi

# Quiet by default: V=1 shows the commands.
say = $(if $(V),,@)

has_suite = $(and $(wildcard labs/$2/*),$(call test_sources,$1,$2))
$(foreach flavour,$(FLAVOURS),$(eval $(call common_rules,$(flavour))))
$(foreach flavour,$(FLAVOURS),$(foreach lab,$(LABS) common common/verdicts explore,$(eval $(call test_rules,$(flavour),$(lab)))))
$(foreach flavour,$(FLAVOURS),$(foreach lab,$(LABS),$(eval $(call lab_rules,$(flavour),$(lab)))))

# Nobody else need know which build a checker runs: build/memcheck is build/unit, and so on.
LINKS := $(foreach checker,$(filter-out $(FLAVOURS),$(CHECKERS)),build/$(checker))
$(LINKS): build/%:
	@mkdir -p build; ln -sfn $(call flavour_of,$*) $@

.PHONY: suites benches
selected_flavours := $(sort $(foreach checker,$(selected_checkers),$(call flavour_of,$(checker))))
suites: valid-lab valid-checker $(LINKS) $(foreach lab,$(selected_labs),$(foreach flavour,$(selected_flavours),$(if $(call has_suite,$(flavour),$(lab)),\
  build/$(flavour)/$(KEY)/$(lab)/suite $(if $(and $(filter-out count,$(flavour)),$(wildcard tests/$(lab)/probes)),build/$(flavour)/$(KEY)/$(lab)/suite.probes))))

# The course's own tests of common/.
define own_suite
build/$1/tests/$2/suite: build/$1/tests/$2/all.o build/$1/libcourse.a
	$$(call say,$$@)$$(CXX) -pthread $$(LINK_$1) $$(WRAP) $$(filter %.o,$$^) build/$1/libcourse.a -lgmock -lgtest -lpugixml -o $$@
endef
$(foreach flavour,unit tsan asan,$(foreach suite,common common/verdicts,$(eval $(call own_suite,$(flavour),$(suite)))))
$(eval $(call own_suite,count,explore))
build/count/tests/explore/%.o: tests/explore/%.cpp build/count/precompiled.hpp.gch
	@mkdir -p $(@D)
	$(call say,$@)$(CXX) -include build/count/precompiled.hpp $(CXXFLAGS) -Werror $(NO_TSAN_WARNING) $(COMPILE_count) $(TESTS_count) $(INCLUDES) -Itests/explore -MMD -MP -c $< -o $@
# One object file of small programs, under the explorer and under ThreadSanitizer's own library.
AGREEMENT := build/count/tests/explore/agreement
build/count/tests/explore/suite: $(AGREEMENT)/races.o
$(AGREEMENT)/under_tsan: tests/explore/agreement/under_tsan.cpp $(AGREEMENT)/races.o
	$(call say,$@)$(CXX) $(CXXFLAGS) -Werror -c $< -o $@.o
	$(call say,$@)$(CXX) -pthread $(LINK_tsan) $@.o $(AGREEMENT)/races.o -o $@
# The same programs from each compiler at each level of optimisation, under the explorer.
COMPILES := $(foreach compiler,g++ clang++,$(foreach level,O1 O2 O0,build/compilers/$(compiler)-$(level)))
COMPILED := programs agreement/races compilers/outcomes
define compile_rules
$1/%.o: tests/explore/%.cpp
	@mkdir -p $$(@D)
	$$(call say,$$@)$(subst -, -,$(notdir $1)) $$(CXXFLAGS) -g0 -w $$(filter-out -O1,$$(COMPILE_count)) $$(INCLUDES) -MMD -MP -c $$< -o $$@
$1/outcomes: $(COMPILED:%=$1/%.o) build/count/libcourse.a
	$$(call say,$$@)$$(CXX) -pthread $$(LINK_count) $$(WRAP) $$^ -lgmock -lgtest -o $$@
endef
$(foreach compile,$(COMPILES),$(eval $(call compile_rules,$(compile))))
OWN_SUITES := $(foreach flavour,unit tsan asan,$(foreach suite,common common/verdicts,build/$(flavour)/tests/$(suite)/suite)) build/count/tests/explore/suite $(AGREEMENT)/under_tsan $(COMPILES:%=%/outcomes)
.PHONY: own-suites
own-suites: $(LINKS) $(OWN_SUITES) build/tests-grading

# ---- The autograder -----------------------------------------------------------------------------------------------------------
AUTOGRADER_LIBRARIES := -lfmt -larchive -lpugixml -pthread
AUTOGRADER_SOURCES := $(filter-out %/main.cpp,$(wildcard grading/autograder/*.cpp))
GRADING_TESTS := $(wildcard tests/grading/*.cpp)
build/grading/main.o: grading/autograder/main.cpp
	@mkdir -p $(@D)
	$(call say,$@)$(CXX) $(CXXFLAGS) -g0 -Werror -O1 $(INCLUDES) -Igrading -MMD -MP -c $< -o $@
build/grading/all.o: $(AUTOGRADER_SOURCES)
	@mkdir -p $(@D)
	$(call say,$@)$(CXX) $(CXXFLAGS) -g0 -Werror -O1 $(INCLUDES) -Igrading -MMD -MP $(call as_one,$(AUTOGRADER_SOURCES)) -o $@
build/grading/tests.o: $(GRADING_TESTS)
	@mkdir -p $(@D)
	$(call say,$@)$(CXX) $(CXXFLAGS) -g0 -Werror -O0 $(INCLUDES) -Igrading -Itests/grading -MMD -MP $(call as_one,$(GRADING_TESTS)) -o $@
build/autograder: build/grading/main.o build/grading/all.o
	$(call say,$@)$(CXX) $^ $(AUTOGRADER_LIBRARIES) -o $@
build/tests-grading: build/grading/tests.o build/grading/all.o build/unit/libcourse.a build/autograder
	$(call say,$@)$(CXX) $(filter %.o,$^) -lgmock -lgtest -lgtest_main $(AUTOGRADER_LIBRARIES) -o $@

# ---- Benchmarks ---------------------------------------------------------------------------------------------------------------
# A benchmark finds the headers of the other labs, too, for one may run what was written in another.
BENCHES := $(foreach lab,$(selected_labs),$(if $(wildcard tests/$(lab)/bench/*.cpp),build/bench/$(lab)))
benches: $(BENCHES)
build/bench/%: FORCE
	@mkdir -p $(@D)
	$(call say,$@)$(CXX) $(CXXFLAGS) -O3 -DNDEBUG $(INCLUDES) $(foreach lab,$* $(LABS),-I$(IMPL)/$(lab) -Ilabs/$(lab)) -Itests/$* \
	  $(wildcard tests/$*/bench/*.cpp $(IMPL)/$*/*.cpp) common/shm/*.cpp common/testing/bench/*.cpp -o $@
# The explorer's own is built as its suite is.
build/count/tests/explore/bench/bench: $(patsubst %.cpp,build/count/%.o,$(wildcard tests/explore/bench/*.cpp)) build/count/libcourse.a
	$(call say,$@)$(CXX) -pthread $(LINK_count) $(WRAP) $(filter %.o,$^) build/count/libcourse.a -lgmock -lgtest -o $@
.PHONY: FORCE

-include $(shell find Makefile $(wildcard build/grading build/compilers $(foreach flavour,$(FLAVOURS),\
  $(addprefix build/$(flavour)/,*.d common runtime tests $(KEY) $(REST)))) -name '*.d')
