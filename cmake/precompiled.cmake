# What nearly every file includes costs more to parse than the file. It is parsed once a build, in
# three forms, since a precompiled header must agree with who uses it in -fPIC or -fPIE: for
# libraries, for programs, and for tests, which include GoogleTest as well. Each file still names
# all that it needs: the presets tidy and fuzz do without this.

set(shared_headers <algorithm> <array> <atomic> <chrono> <functional> <map> <memory> <optional> <span>
    <string> <string_view> <thread> <vector> <fmt/format.h>)

function(introspectd_add_precompiled kind)
  cmake_parse_arguments(PRECOMPILED "" "" "OPTIONS;HEADERS;LIBS" ${ARGN})
  set(target introspectd_precompiled_${kind})
  file(CONFIGURE OUTPUT precompiled/${kind}.cc CONTENT "")
  add_library(${target} OBJECT ${CMAKE_CURRENT_BINARY_DIR}/precompiled/${kind}.cc)
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(${target} PRIVATE ${PRECOMPILED_OPTIONS})
  target_link_libraries(${target} PRIVATE fmt::fmt ${PRECOMPILED_LIBS})
  target_precompile_headers(${target} PRIVATE ${shared_headers} ${PRECOMPILED_HEADERS})
endfunction()

# `target` is compiled with the headers of its kind: library, program or test.
function(introspectd_precompile target kind)
  if(INTROSPECTD_PRECOMPILE)
    target_link_libraries(${target} PRIVATE fmt::fmt)
    target_precompile_headers(${target} REUSE_FROM introspectd_precompiled_${kind})
  endif()
endfunction()

if(INTROSPECTD_PRECOMPILE)
  introspectd_add_precompiled(library OPTIONS -fPIC)
  introspectd_add_precompiled(program OPTIONS -fPIE)
  if(BUILD_TESTING)
    introspectd_add_precompiled(test OPTIONS -fPIE ${test_options}
      HEADERS <gmock/gmock.h> <gtest/gtest.h> LIBS GTest::gtest GTest::gmock)
  endif()
endif()
