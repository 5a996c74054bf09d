# SPDX-License-Identifier: BSD-2-Clause
# Fails if an instruction of ELF names a floating-point or vector register: cmake -DOBJDUMP=.. -DELF=.. -P this.
# -DEXCEPT=REGEX leaves out the functions whose names it finds, of which there must be some.

execute_process(COMMAND ${OBJDUMP} --disassemble --no-show-raw-insn --no-leading-addr ${ELF}
  OUTPUT_VARIABLE listing COMMAND_ERROR_IS_FATAL ANY)

if(EXCEPT)
  # Functions are paragraphs, each with its name as head.
  string(LENGTH "${listing}" whole)
  string(REGEX REPLACE "\n<[^\n]*(${EXCEPT})[^\n]*>:\n([^\n]+\n)*" "\n" listing "${listing}")
  string(LENGTH "${listing}" rest)
  if(rest EQUAL whole)
    message(FATAL_ERROR "${ELF} has no function that is called ${EXCEPT}.")
  endif()
endif()

# A register is an operand of its own, left of any symbol in <> and of any comment behind //. Each match takes the
# newlines on both sides of a line, so every line gets two of its own.
string(REPLACE "\n" "\n\n" lines "\n${listing}\n")
string(REGEX MATCHALL "\n[^\n<>/]*[\t ,{](([vqdshb][0-9][0-9]?)|fpcr|fpsr)[].,} \n][^\n]*" found "${lines}")
string(REGEX MATCHALL "\n[\t ]+[a-z]" instructions "${listing}")

list(LENGTH found count)
list(LENGTH instructions total)
if(total EQUAL 0)
  message(FATAL_ERROR "${ELF} holds no instructions.")
elseif(count GREATER 0)
  list(SUBLIST found 0 10 first)
  string(JOIN "" text ${first})
  message(FATAL_ERROR "${ELF} uses floating-point registers in ${count} of ${total} instructions:${text}\n"
    "Declare the component with FLOAT, or find what drew this code in.")
endif()
message("${total} instructions, none with a floating-point register")
