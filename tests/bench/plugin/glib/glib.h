// SPDX-License-Identifier: BSD-2-Clause
// The part of GLib's published interface that qemu-plugin.h and our plugin name. QEMU brings GLib itself;
// with this, building the plugin needs no development package.
#pragma once

// The layouts are those of GLib's reference manual ("Arrays", "Byte Arrays"): public, and unchanged since
// GLib 2.0. NOLINTBEGIN(readability-identifier-naming): the names are GLib's.
extern "C" {

struct GArray {
    char* data;
    unsigned len;
};

struct GByteArray {
    unsigned char* data;
    unsigned len;
};

GByteArray* g_byte_array_new();
GByteArray* g_byte_array_set_size(GByteArray* array, unsigned length);
unsigned char* g_byte_array_free(GByteArray* array, int free_segment);
char* g_array_free(GArray* array, int free_segment);
}
// NOLINTEND(readability-identifier-naming)
