# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT

# Writes the commit of ROOT to the header INTO, with "-dirty" where files differ from it; leaves the
# header alone when it says so already. cmake -DROOT=… -DINTO=… -P commit.cmake
execute_process(COMMAND git -C ${ROOT} describe --always --dirty --abbrev=12 --exclude=*
                OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT commit)
  set(commit unknown)
endif()
file(CONFIGURE OUTPUT ${INTO} CONTENT [[
#pragma once

namespace convexscan::bench {
inline constexpr const char* commit = "@commit@";
}
]] @ONLY)
