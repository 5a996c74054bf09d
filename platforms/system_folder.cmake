# SPDX-License-Identifier: BSD-2-Clause
# selene_system_folder: the components that lie beside a system's spec.

# selene_system_folder(FOLDER)
#
# Each FOLDER/NAME.cpp is the component NAME; each FOLDER/NAME/ with .cpp files is the component NAME, made of them.
function(selene_system_folder folder)
  file(GLOB files CONFIGURE_DEPENDS ${folder}/*.cpp)
  foreach(file ${files})
    cmake_path(GET file STEM name)
    selene_system_component(${folder} ${name} ${file})
  endforeach()
  file(GLOB entries CONFIGURE_DEPENDS ${folder}/*)
  foreach(entry ${entries})
    if(IS_DIRECTORY ${entry})
      file(GLOB files CONFIGURE_DEPENDS ${entry}/*.cpp)
      if(files)
        cmake_path(GET entry FILENAME name)
        selene_system_component(${folder} ${name} ${files})
      endif()
    endif()
  endforeach()
endfunction()

# A component must not replace another of the same name, silently or by a riddle of CMake's.
function(selene_system_component folder name)
  if(TARGET ${name})
    message(FATAL_ERROR "The component ${name} in ${folder} has the name of another one: choose another name.")
  endif()
  selene_component(${name} ${ARGN})
endfunction()
