# SPDX-License-Identifier: BSD-2-Clause
# selene_archive: programs for a task manager, in one file of a known size.

find_program(LLVM_OBJCOPY llvm-objcopy-19 REQUIRED)

# selene_archive(NAME SIZE BYTES COMPONENT|FILE...)
#
# Builds build/components/NAME.tar from components and files, in which each has its name; a spec takes it as the contents of a frame.
# It is filled up to SIZE bytes; that it takes more is an error.
function(selene_archive name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "SIZE" "")
  set(archive ${CMAKE_BINARY_DIR}/components/${name}.tar)
  set(files)
  foreach(component ${arg_UNPARSED_ARGUMENTS})
    if(TARGET ${component})
      list(APPEND files ${CMAKE_BINARY_DIR}/components/${component}.elf)
    else()
      list(APPEND files ${CMAKE_CURRENT_SOURCE_DIR}/${component})
    endif()
  endforeach()
  add_custom_command(OUTPUT ${archive}
    COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_SOURCE_DIR}/userland/archive.py ${archive} ${arg_SIZE} ${LLVM_OBJCOPY} ${files}
    DEPENDS ${files} ${CMAKE_SOURCE_DIR}/userland/archive.py VERBATIM)
  add_custom_target(${name}_archive ALL DEPENDS ${archive})
endfunction()
