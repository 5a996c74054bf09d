// SPDX-License-Identifier: BSD-2-Clause
// What a core that starts has to know before it can translate addresses. For C++ and assembly.
#pragma once

#define START_SYSTEM_CONTROL 0
#define START_TRANSLATION_CONTROL 8
#define START_MEMORY_ATTRIBUTES 16
#define START_LOWER_ROOT 24
#define START_UPPER_ROOT 32
#define START_VECTORS 40
#define START_GO_ON 48
#define START_AREAS 56
#define START_AFFINITY_MASK 64
#define START_AFFINITY 72
#define START_AFFINITY_END 136
#define CORE_AREA_SHIFT 16
