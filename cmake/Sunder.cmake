# Compiler settings and the three kinds of target every folder is made of:
# sunder_library, sunder_program, sunder_test. Sources are included by their path
# from the project's root.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

option(SUNDER_WITH_GRPC "Build what needs gRPC: the programs and their shells" ON)
option(SUNDER_BENCH "Build the benchmarks" OFF)
option(SUNDER_FUZZ "Build the fuzz targets (clang)" OFF)
set(SUNDER_SANITIZE "" CACHE STRING "Sanitizers: address,undefined or thread")

find_program(SUNDER_CCACHE ccache)
if(SUNDER_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SUNDER_CCACHE})
endif()

add_compile_options(-Wall -Wextra -Werror -fno-omit-frame-pointer)
find_program(SUNDER_MOLD mold)
if(SUNDER_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
if(SUNDER_SANITIZE)
  add_compile_options(-fsanitize=${SUNDER_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SUNDER_SANITIZE})
endif()
if(SUNDER_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # gcc 12 finds it inside std::variant, where there is nothing (GCC bug 105562 and
  # its kin); clang and the sanitizers look for it in our code.
  add_compile_options(-Wno-maybe-uninitialized)
elseif(CMAKE_CXX_COMPILER_ID STREQUAL Clang)
  # Without it ccache takes a rebuilt precompiled header for another one.
  add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
endif()

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(absl REQUIRED)
find_package(Protobuf REQUIRED)
find_package(GTest REQUIRED)
include(GoogleTest)

# What nearly every source reads from the libraries, parsed once. A source still
# includes what it uses: clang-tidy parses each without this.
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/empty.cc CONTENT "")
function(sunder_precompiled name)
  add_library(${name} OBJECT ${CMAKE_BINARY_DIR}/empty.cc)
  target_precompile_headers(${name} PRIVATE ${ARGN})
endfunction()
set(library_headers
  <algorithm> <array> <chrono> <cstdint> <functional> <map> <memory> <optional> <set>
  <string> <utility> <variant> <vector>
  <absl/container/flat_hash_map.h> <absl/status/status.h> <absl/status/statusor.h>
  <absl/strings/str_cat.h> <absl/strings/str_format.h> <absl/strings/str_join.h>
  <absl/strings/str_split.h> <absl/time/time.h>
  <google/protobuf/map.h> <google/protobuf/message.h>
  <google/protobuf/repeated_field.h>)
sunder_precompiled(sunder_precompiled_library ${library_headers})
sunder_precompiled(sunder_precompiled_test
  ${library_headers} <gmock/gmock.h> <gtest/gtest.h>)
target_link_libraries(sunder_precompiled_test PRIVATE GTest::gmock)

# sunder_library(name SRCS a.cc … DEPS targets…)
function(sunder_library name)
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS" ${ARGN})
  if(ARG_SRCS)
    add_library(${name} STATIC ${ARG_SRCS})
    target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
    target_link_libraries(${name} PUBLIC ${ARG_DEPS})
    target_precompile_headers(${name} REUSE_FROM sunder_precompiled_library)
  else()
    add_library(${name} INTERFACE)
    target_include_directories(${name} INTERFACE ${PROJECT_SOURCE_DIR})
    target_link_libraries(${name} INTERFACE ${ARG_DEPS})
  endif()
endfunction()

# sunder_program(name SRCS main.cc DEPS targets…)
function(sunder_program name)
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SRCS})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS})
  target_precompile_headers(${name} REUSE_FROM sunder_precompiled_library)
endfunction()

# sunder_test(name SRCS a_test.cc … DEPS targets… [DEFINES A="…"…] [LABELS kernel]
#             [TIMEOUT seconds])
# One ctest entry a program; label `kernel`: needs root and makes namespaces.
function(sunder_test name)
  if(SUNDER_FUZZ)
    return()  # That build is for the fuzz targets alone.
  endif()
  cmake_parse_arguments(ARG "" "TIMEOUT" "SRCS;DEPS;DEFINES;LABELS" ${ARGN})
  if(SUNDER_SANITIZE STREQUAL thread AND kernel IN_LIST ARG_LABELS)
    return()  # One thread each.
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 60)
  endif()
  add_executable(${name} ${ARG_SRCS})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE ${ARG_DEFINES})
  target_precompile_headers(${name} REUSE_FROM sunder_precompiled_test)
  if(SUNDER_SANITIZE STREQUAL thread)
    target_sources(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/threads/abseil_annotations.cc)
    target_link_libraries(${name} PRIVATE absl::synchronization ${CMAKE_DL_LIBS})
    # The test's definitions must come before those of the libraries.
    set_target_properties(${name} PROPERTIES ENABLE_EXPORTS ON)
  endif()
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT})
endfunction()

# sunder_fuzzer(name SRCS a_fuzz.cc DEPS targets…): a libFuzzer program; its corpus
# is tests/fuzz/corpus/<name>. Target `fuzzers` builds them all.
add_custom_target(fuzzers)
function(sunder_fuzzer name)
  if(NOT SUNDER_FUZZ)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SRCS})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS})
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  add_dependencies(fuzzers ${name})
endfunction()
