# SPDX-License-Identifier: BSD-2-Clause
# selene_host_test: a Catch2 program with sanitizers whose test cases are CTest tests.

find_package(Catch2 3 QUIET)
if(NOT Catch2_FOUND)
  return()
endif()
include(Catch)

add_library(selene_test_main OBJECT ${CMAKE_CURRENT_LIST_DIR}/runner/test_main.cpp)
target_link_libraries(selene_test_main PUBLIC selene_test_flags Catch2::Catch2)

# selene_host_test(NAME SOURCE... [LIBS LIBRARY...] [SUITE host] [TIMEOUT 60] [PLAIN])
#
# Builds the program NAME from the sources and libraries; each TEST_CASE becomes the CTest test
# "NAME: case", labelled with its suite, failing after TIMEOUT seconds. Random numbers come from
# Catch2's seed, which `./selene test --seed N` sets. PLAIN: without sanitizers, as are its libraries.
function(selene_host_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "PLAIN" "SUITE;TIMEOUT" "LIBS")
  if(NOT arg_SUITE)
    set(arg_SUITE host)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  add_executable(${name} ${arg_UNPARSED_ARGUMENTS})
  # A file of test cases runs each line about once: to optimize it takes longer than to run it as it is.
  set(cases ${arg_UNPARSED_ARGUMENTS})
  list(FILTER cases INCLUDE REGEX "_test\\.cpp$")
  set_source_files_properties(${cases} PROPERTIES COMPILE_OPTIONS -O0)
  if(arg_PLAIN)
    target_sources(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests/runner/test_main.cpp)
    target_link_libraries(${name} PRIVATE Catch2::Catch2 ${arg_LIBS})
  else()
    target_link_libraries(${name} PRIVATE selene_test_main ${arg_LIBS})
  endif()
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  catch_discover_tests(${name} TEST_PREFIX "${name}: " DISCOVERY_MODE PRE_TEST
    PROPERTIES LABELS ${arg_SUITE} TIMEOUT ${arg_TIMEOUT})
endfunction()
