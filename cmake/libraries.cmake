# The libraries that carry the weight; all from Debian 12. Which room may see which: src/README.md.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(absl REQUIRED)
find_package(simdjson REQUIRED)
find_package(spdlog REQUIRED)
find_package(CURL REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(prometheus-cpp REQUIRED CONFIG)
find_package(RocksDB REQUIRED)
if(BUILD_TESTING)
  find_package(GTest REQUIRED)
  find_package(benchmark REQUIRED)
endif()
pkg_check_modules(libuv REQUIRED IMPORTED_TARGET libuv)
pkg_check_modules(libpq REQUIRED IMPORTED_TARGET libpq)
find_path(CLI11_INCLUDE CLI/CLI.hpp REQUIRED)

# Debian ships llhttp as the C sources that node-undici is built from.
find_path(LLHTTP_INCLUDE llhttp/llhttp.h REQUIRED PATHS /usr/share/include)
set(LLHTTP_SOURCE /usr/share/llhttp)
add_library(llhttp STATIC ${LLHTTP_SOURCE}/api.c ${LLHTTP_SOURCE}/http.c ${LLHTTP_SOURCE}/llhttp.c)
target_include_directories(llhttp SYSTEM PUBLIC ${LLHTTP_INCLUDE} ${LLHTTP_INCLUDE}/llhttp)
# The packaged header turns strictness off unless told; every unit that sees it must agree.
target_compile_definitions(llhttp PUBLIC LLHTTP_STRICT_MODE=1)
target_compile_options(llhttp PRIVATE -w)
set_target_properties(llhttp PROPERTIES UNITY_BUILD OFF)
