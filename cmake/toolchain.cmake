# Language level, warnings, ccache, linker and sanitizers: everything that is true for every target of ours.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

find_program(KFS_CCACHE ccache)
if(KFS_CCACHE)
  # Precompiled headers need these sloppiness flags (ccache manual, "Precompiled headers"). With a base directory and
  # without the working directory in the hash, checkouts in different folders share what they compiled (ccache manual,
  # "Compiling in different directories").
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${KFS_CCACHE})
endif()

include(CheckCXXSourceCompiles)
foreach(linker mold gold)
  find_program(KFS_LINKER_${linker} NAMES ${linker} ld.${linker})
  if(KFS_LINKER_${linker})
    set(CMAKE_REQUIRED_LINK_OPTIONS -fuse-ld=${linker})
    check_cxx_source_compiles("int main() { return 0; }" KFS_LINKS_WITH_${linker})
    unset(CMAKE_REQUIRED_LINK_OPTIONS)
    if(KFS_LINKS_WITH_${linker})
      add_link_options(-fuse-ld=${linker})
      break()
    endif()
  endif()
endforeach()

set(KFS_SANITIZE "" CACHE STRING "Sanitizers to build with, e.g. address,undefined or thread")
if(KFS_SANITIZE)
  # GCC's own manual warns that sanitizers cause false "maybe uninitialized" warnings.
  add_compile_options(-fsanitize=${KFS_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all
                      -Wno-maybe-uninitialized)
  add_link_options(-fsanitize=${KFS_SANITIZE})
  if(KFS_SANITIZE MATCHES thread)
    # Asio, which is header only, uses fences, and GCC says of each that ThreadSanitizer does not see it.
    add_compile_options(-Wno-tsan)
  endif()
endif()

option(KFS_WARNINGS_AS_ERRORS "Fail on a compiler warning; for CI, where the compiler's version is known" OFF)

# An interface target that every library and executable of ours links.
add_library(kfs_build_flags INTERFACE)
target_compile_options(kfs_build_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
                       -Woverloaded-virtual $<$<BOOL:${KFS_WARNINGS_AS_ERRORS}>:-Werror> -fpch-preprocess
                       -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.)
target_include_directories(kfs_build_flags INTERFACE ${PROJECT_SOURCE_DIR})

# kfs_library(NAME SOURCES... ): one static library per folder, with the project's flags.
function(kfs_library name)
  add_library(${name} STATIC ${ARGN})
  target_link_libraries(${name} PUBLIC kfs_build_flags)
endfunction()
