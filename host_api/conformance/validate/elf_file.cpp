// SPDX-License-Identifier: Apache-2.0
#include "elf_file.h"

#include <elf.h>

#include <cstdint>
#include <cstring>
#include <optional>

namespace pvs::conformance {
namespace {

constexpr std::size_t kMaxEntries = 4U << 20U;

/// A structure at an offset, copied, because nothing says that the file is aligned; nothing if it does not fit.
template <class T>
std::optional<T> at(std::string_view file, std::uint64_t offset) {
  if (offset > file.size() || file.size() - offset < sizeof(T)) {
    return std::nullopt;
  }
  T value;
  std::memcpy(&value, file.data() + offset, sizeof value);
  return value;
}

std::string_view slice(std::string_view file, std::uint64_t offset, std::uint64_t size) {
  return offset > file.size() || size > file.size() - offset ? std::string_view{} : file.substr(offset, size);
}

/// A name in a table of strings; empty if there is none.
std::string name_at(std::string_view table, std::uint64_t offset) {
  if (offset >= table.size()) {
    return {};
  }
  const std::size_t end = table.find('\0', offset);
  return end == std::string_view::npos ? std::string{} : std::string(table.substr(offset, end - offset));
}

struct Section {
  std::string_view bytes;
  std::string_view names;  ///< the table of strings it refers to
};

/// The one section of a type, with the strings it is linked to.
std::optional<Section> find_section(std::string_view file, const Elf64_Ehdr& header, std::uint32_t type) {
  const auto section_at = [&](std::uint64_t index) {
    return index < header.e_shnum ? at<Elf64_Shdr>(file, header.e_shoff + index * sizeof(Elf64_Shdr)) : std::nullopt;
  };
  if (header.e_shentsize != sizeof(Elf64_Shdr) || header.e_shoff > file.size()) {
    return std::nullopt;
  }
  for (std::uint64_t i = 0; i < header.e_shnum; ++i) {
    const auto section = section_at(i);
    if (!section || section->sh_type != type) {
      continue;
    }
    const auto names = section_at(section->sh_link);
    if (!names || names->sh_type != SHT_STRTAB) {
      return std::nullopt;
    }
    return Section{slice(file, section->sh_offset, section->sh_size), slice(file, names->sh_offset, names->sh_size)};
  }
  return std::nullopt;
}

void read_dynamic(const Section& section, ElfFacts& facts) {
  for (std::uint64_t offset = 0; offset < section.bytes.size(); offset += sizeof(Elf64_Dyn)) {
    const auto entry = at<Elf64_Dyn>(section.bytes, offset);
    if (!entry || entry->d_tag == DT_NULL) {
      return;
    }
    switch (entry->d_tag) {
      case DT_NEEDED:
        facts.needed.push_back(name_at(section.names, entry->d_un.d_val));
        break;
      case DT_RPATH:
      case DT_RUNPATH:
        facts.run_path = name_at(section.names, entry->d_un.d_val);
        break;
      case DT_BIND_NOW:
        facts.now = true;
        break;
      case DT_FLAGS:
        facts.now = facts.now || (entry->d_un.d_val & DF_BIND_NOW) != 0;
        break;
      case DT_FLAGS_1:
        facts.now = facts.now || (entry->d_un.d_val & DF_1_NOW) != 0;
        facts.no_delete = (entry->d_un.d_val & DF_1_NODELETE) != 0;
        break;
      default:
        break;
    }
  }
}

void read_symbols(const Section& section, ElfFacts& facts) {
  std::size_t entries = 0;
  for (std::uint64_t offset = sizeof(Elf64_Sym); ++entries < kMaxEntries; offset += sizeof(Elf64_Sym)) {
    const auto symbol = at<Elf64_Sym>(section.bytes, offset);
    if (!symbol) {
      return;
    }
    const unsigned bind = ELF64_ST_BIND(symbol->st_info);
    const unsigned visibility = ELF64_ST_VISIBILITY(symbol->st_other);
    if (bind == STB_LOCAL) {
      continue;
    }
    std::string name = name_at(section.names, symbol->st_name);
    if (symbol->st_shndx == SHN_UNDEF) {
      facts.imported.push_back(std::move(name));
    } else if (visibility == STV_DEFAULT || visibility == STV_PROTECTED) {
      if (bind == STB_GNU_UNIQUE) {
        facts.unique.push_back(name);
      }
      facts.exported.push_back(std::move(name));
    }
  }
}

bool has_relro(std::string_view file, const Elf64_Ehdr& header) {
  for (std::uint64_t i = 0; i < header.e_phnum && header.e_phoff <= file.size(); ++i) {
    const auto segment = at<Elf64_Phdr>(file, header.e_phoff + i * sizeof(Elf64_Phdr));
    if (segment && segment->p_type == PT_GNU_RELRO) {
      return true;
    }
  }
  return false;
}

}  // namespace

ElfFacts read_elf(std::string_view file) {
  ElfFacts facts;
  const auto header = at<Elf64_Ehdr>(file, 0);
  if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) {
    facts.reason = "the file is no ELF library";
    return facts;
  }
  if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB || header->e_type != ET_DYN) {
    facts.reason = "the file is no shared library of 64 bits, little-endian";
    return facts;
  }
  const auto dynamic = find_section(file, *header, SHT_DYNAMIC);
  const auto symbols = find_section(file, *header, SHT_DYNSYM);
  if (!dynamic || !symbols || dynamic->bytes.empty() || symbols->bytes.empty()) {
    facts.reason = "the file is cut short, or has no table of dynamic symbols";
    return facts;
  }
  read_dynamic(*dynamic, facts);
  read_symbols(*symbols, facts);
  facts.relro = has_relro(file, *header);
  return facts;
}

}  // namespace pvs::conformance
