# How everything here is compiled: C++20, warnings as errors, hardening, ccache, a quick linker.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
  # Without these it takes no file that uses precompiled headers.
  set(CMAKE_CXX_COMPILER_LAUNCHER env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
endif()
find_program(LLD ld.lld)
if(LLD)
  add_link_options(-fuse-ld=lld)
endif()

# Only our own targets get these; libraries' headers are SYSTEM.
add_library(introspectd_warnings INTERFACE)
target_compile_options(introspectd_warnings INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Woverloaded-virtual
  -Wimplicit-fallthrough -Wno-missing-field-initializers -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12.2 reports false positives of this one inside std::string.
  target_compile_options(introspectd_warnings INTERFACE -Wno-restrict)
  # And of these where std::string comes from a precompiled header.
  if(INTROSPECTD_PRECOMPILE)
    target_compile_options(introspectd_warnings INTERFACE
      -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread)
  endif()
else()
  target_compile_options(introspectd_warnings INTERFACE -Wthread-safety)
endif()

if(INTROSPECTD_SANITIZE)
  add_compile_options(-fsanitize=${INTROSPECTD_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${INTROSPECTD_SANITIZE})
  if(INTROSPECTD_SANITIZE MATCHES address)
    # To optimize what it puts between the lines of a test would take most of a build's time.
    set(test_options -O0)
  endif()
else()
  add_compile_options(-fstack-protector-strong $<$<CONFIG:RelWithDebInfo>:-D_FORTIFY_SOURCE=2>)
  add_link_options(-Wl,-z,relro,-z,now)
  set(test_options -O1)   # what is tested is optimized as it ships
endif()

# What the fuzzer steers by; its main is linked to the targets alone.
if(INTROSPECTD_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
  add_link_options(-fsanitize=fuzzer-no-link)
endif()

if(INTROSPECTD_TIDY)
  set(CMAKE_CXX_CLANG_TIDY clang-tidy --quiet)
endif()
