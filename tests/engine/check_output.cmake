# Runs PROGRAM; what it prints must be the file EXPECTED.

execute_process(COMMAND ${PROGRAM} OUTPUT_VARIABLE output RESULT_VARIABLE result)
file(READ ${EXPECTED} expected)
if(NOT result EQUAL 0 OR NOT output STREQUAL expected)
  message(FATAL_ERROR "exit code ${result}, expected:\n${expected}\nprinted:\n${output}")
endif()
