// convert_hepmc: reads HepMC (versions 2 and 3, also gzip) by its library, for tools/convert, which speaks with it
// through pipes: see convert_child.h. Columns: the particles' id, status, momentum and mass; weights; the number.
//     convert_hepmc FILE
#include <HepMC3/FourVector.h>
#include <HepMC3/GenEvent.h>
#include <HepMC3/GenParticle.h>
#include <HepMC3/ReaderAscii.h>
#include <HepMC3/ReaderAsciiHepMC2.h>
#include <HepMC3/Setup.h>
#include <zlib.h>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <memory>
#include <streambuf>
#include <string>
#include <vector>

namespace {

// A file, decompressed if need be; it remembers what went wrong, and the last line, which says whether it is whole.
class gzip_buffer : public std::streambuf {
  public:
    explicit gzip_buffer(const char *path) : file(gzopen(path, "rb")) {}
    gzip_buffer(const gzip_buffer &) = delete;
    gzip_buffer &operator=(const gzip_buffer &) = delete;
    ~gzip_buffer() override {
        if (file) gzclose(file);
    }
    bool opened() const { return file != nullptr; }
    std::string wrong, tail;

  protected:
    int_type underflow() override {
        const int got = gzread(file, buffer, sizeof buffer);
        int code = Z_OK;
        const char *text = gzerror(file, &code);
        if (got < 0 || (got == 0 && code != Z_OK && code != Z_STREAM_END)) wrong = text;
        if (got <= 0) return traits_type::eof();
        tail = (tail + std::string(buffer, static_cast<std::size_t>(got)));
        if (tail.size() > 200) tail.erase(0, tail.size() - 200);
        setg(buffer, buffer, buffer + got);
        return traits_type::to_int_type(*buffer);
    }

  private:
    gzFile file;
    char buffer[1 << 16];
};

struct column {
    const char *name;
    int lists;
    bool wanted;
    std::vector<double> value;
    std::vector<std::int32_t> length;
};
enum { ID, STATUS, PX, PY, PZ, E, M, NUMBER, WEIGHT, WEIGHTS, COLUMNS, BLOCK = 256 };

int fail(const char *path, const std::string &text) {
    std::fprintf(stderr, "convert: %s: %s\n", path, text.c_str());
    return 1;
}
void fill(column *columns, const HepMC3::GenEvent &event) {
    const std::size_t n = event.particles().size();
    for (const auto &p : event.particles()) {
        const HepMC3::FourVector &v = p->momentum();
        const double numbers[] = { static_cast<double>(p->pid()), static_cast<double>(p->status()), v.px(), v.py(),
            v.pz(), v.e(), p->generated_mass() };
        for (int k = ID; k <= M; k++)
            if (columns[k].wanted) columns[k].value.push_back(numbers[k]);
    }
    for (int k = ID; k <= M; k++) columns[k].length.push_back(static_cast<std::int32_t>(n));
    columns[NUMBER].value.push_back(event.event_number());
    columns[WEIGHT].value.push_back(event.weights().empty() ? 1.0 : event.weights()[0]);
    for (const double w : event.weights()) columns[WEIGHTS].value.push_back(w);
    columns[WEIGHTS].length.push_back(static_cast<std::int32_t>(event.weights().size()));
}
void send(column *columns, std::int32_t events) {
    std::fwrite(&events, sizeof events, 1, stdout);
    for (int k = 0; k < COLUMNS && events; k++) {
        if (columns[k].wanted) {
            if (columns[k].lists)
                std::fwrite(columns[k].length.data(), sizeof(std::int32_t), columns[k].length.size(), stdout);
            std::fwrite(columns[k].value.data(), sizeof(double), columns[k].value.size(), stdout);
        }
        columns[k].value.clear();
        columns[k].length.clear();
    }
}

} // namespace

int main(int argc, char **argv) {
    column columns[COLUMNS] = { { "id", 1, false, {}, {} }, { "status", 1, false, {}, {} }, { "px", 1, false, {}, {} },
        { "py", 1, false, {}, {} }, { "pz", 1, false, {}, {} }, { "e", 1, false, {}, {} }, { "m", 1, false, {}, {} },
        { "number", 0, false, {}, {} }, { "weight", 0, false, {}, {} }, { "weights", 1, false, {}, {} } };
    if (argc < 2) return 2;
    for (const column &c : columns) std::printf("%s\tnumber\t%d\t0\t0\t-1\n", c.name, c.lists);
    std::printf("\n");
    std::fflush(stdout);
    bool any = false;
    for (std::string name; std::getline(std::cin, name) && !name.empty();)
        for (column &c : columns)
            if (name == c.name) c.wanted = any = true;
    if (!any) return 0;

    HepMC3::Setup::set_print_errors(false);
    HepMC3::Setup::set_print_warnings(false);
    char head[4097] = "";
    if (gzFile file = gzopen(argv[1], "rb")) {
        const int got = gzread(file, head, 4096);
        head[got > 0 ? got : 0] = 0;
        gzclose(file);
    }
    gzip_buffer buffer(argv[1]);
    if (!buffer.opened()) return fail(argv[1], std::strerror(errno));
    std::istream from(&buffer);
    std::unique_ptr<HepMC3::Reader> reader;
    if (std::strstr(head, "HepMC::Asciiv3")) reader.reset(new HepMC3::ReaderAscii(from));
    else if (std::strstr(head, "HepMC::IO_GenEvent")) reader.reset(new HepMC3::ReaderAsciiHepMC2(from));
    else return fail(argv[1], "it is neither HepMC 2 (IO_GenEvent) nor HepMC 3 (Asciiv3)");

    long long events = 0;
    std::int32_t block = 0;
    for (;; events++) {
        HepMC3::GenEvent event(HepMC3::Units::GEV, HepMC3::Units::MM);
        if (!reader->read_event(event) || reader->failed()) break;
        event.set_units(HepMC3::Units::GEV, HepMC3::Units::MM);
        fill(columns, event);
        if (++block == BLOCK) {
            send(columns, block);
            block = 0;
        }
    }
    if (!buffer.wrong.empty()) return fail(argv[1], "after event " + std::to_string(events) + ": " + buffer.wrong);
    if (buffer.tail.find("END_EVENT_LISTING") == std::string::npos)
        return fail(argv[1], "after event " + std::to_string(events) + ": the file is broken, or ends too early");
    if (block) send(columns, block);
    send(columns, 0);
    return std::fflush(stdout) == 0 ? 0 : 1;
}
