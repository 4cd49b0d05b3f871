# A room is a folder of src/ and one static library. DEPS names the rooms that it may use, LIBS the
# outside libraries whose headers live in it and nowhere else.

function(introspectd_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;DEPS;LIBS" ${ARGN})
  if(ROOM_SOURCES)
    list(TRANSFORM ROOM_SOURCES PREPEND ${name}/)
    add_library(introspectd_${name} STATIC ${ROOM_SOURCES})
    set(public PUBLIC)
    set(private PRIVATE)
  else()
    add_library(introspectd_${name} INTERFACE)
    set(public INTERFACE)
    set(private INTERFACE)
  endif()
  list(TRANSFORM ROOM_DEPS PREPEND introspectd_)
  target_include_directories(introspectd_${name} ${public}
    ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
  target_link_libraries(introspectd_${name} ${public} ${ROOM_DEPS} ${ROOM_LIBS})
  if(ROOM_SOURCES)
    target_link_libraries(introspectd_${name} PRIVATE introspectd_warnings)
    introspectd_precompile(introspectd_${name} library)
  endif()
endfunction()

function(introspectd_executable name kind)
  cmake_parse_arguments(PROGRAM "" "" "SOURCES;DEPS;LIBS" ${ARGN})
  list(TRANSFORM PROGRAM_DEPS PREPEND introspectd_)
  add_executable(${name} ${PROGRAM_SOURCES})
  target_link_libraries(${name} PRIVATE ${PROGRAM_DEPS} ${PROGRAM_LIBS} introspectd_warnings)
  introspectd_precompile(${name} ${kind})
endfunction()

function(introspectd_program name)
  introspectd_executable(${name} program ${ARGN})
endfunction()

# One test binary a folder of tests/, one ctest entry a binary (LABELS as given). ALONE: it has the
# machine for itself, since it looks at what is done in time, or needs all cores.
function(introspectd_test name)
  cmake_parse_arguments(TEST "ALONE" "TIMEOUT" "SOURCES;DEPS;LIBS;LABELS;ARGS" ${ARGN})
  introspectd_executable(${name} test SOURCES ${TEST_SOURCES} DEPS ${TEST_DEPS}
    LIBS ${TEST_LIBS} GTest::gtest GTest::gmock GTest::gtest_main)
  target_compile_options(${name} PRIVATE ${test_options})
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name} ${TEST_ARGS})
  if(NOT TEST_TIMEOUT)
    set(TEST_TIMEOUT 120)
  endif()
  set_tests_properties(${name} PROPERTIES
    LABELS "${TEST_LABELS}" TIMEOUT ${TEST_TIMEOUT} RUN_SERIAL "${TEST_ALONE}")
endfunction()
