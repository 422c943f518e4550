// The parquet and Arrow files of tests/convert.sh, by hyparquet-writer and apache-arrow, which "make convert" installs,
// and the CSV that they should become; they are kept beside this script.
// The compressed ones take the programs lz4 and zstd.
//     cp tests/files/make_parquet.mjs build/convert_node && node build/convert_node/make_parquet.mjs tests/files
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { CompressionType, compressionRegistry, Field, Float32, Float64, Int32, List, RecordBatchFileWriter,
    tableFromArrays, tableToIPC, vectorFromArray } from 'apache-arrow';

const folder = process.argv[2];
const events = 7, lengths = [3, 0, 2, 1, 4, 2, 1]; // one event without jets
let state = 1;
const random = () => (state = state * 16807 % 2147483647) / 2147483647;
const lists = make => lengths.map(n => Array.from({ length: n }, make));
const list = type => new List(new Field('item', type));
const columns = {
    Jet_pt: lists(() => Math.fround(20 + 200 * random())), Jet_eta: lists(() => Math.fround(5 * random() - 2.5)),
    Jet_phi: lists(() => Math.fround(6 * random() - 3)), Jet_mass: lists(() => 20 * random()),
    MET_pt: Array.from({ length: events }, () => 100 * random()),
    MET_phi: Array.from({ length: events }, () => 6 * random() - 3),
    run: Array.from({ length: events }, (_, k) => 1000 + k)
};
const nested = (name, type) => [{ name, repetition_type: 'REQUIRED', num_children: 1, converted_type: 'LIST' },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { name: 'element', repetition_type: 'REQUIRED', type }];
const plain = (name, type) => [{ name, repetition_type: 'REQUIRED', type }];
const types = { Jet_pt: 'FLOAT', Jet_eta: 'FLOAT', Jet_phi: 'FLOAT', Jet_mass: 'DOUBLE', MET_pt: 'DOUBLE',
    MET_phi: 'DOUBLE', run: 'INT32' };
const data = Object.entries(columns).map(([name, values]) => ({ name, data: values }));
const schema = [{ name: 'root', num_children: data.length }, ...Object.entries(types).flatMap(([name, type]) =>
    Array.isArray(columns[name][0]) ? nested(name, type) : plain(name, type))];
writeFileSync(`${folder}/events.parquet`,
    Buffer.from(parquetWriteBuffer({ columnData: data, schema, rowGroupSize: 4 })));

const vectors = { FLOAT: new Float32(), DOUBLE: new Float64(), INT32: new Int32() };
const table = tableFromArrays(Object.fromEntries(Object.entries(columns).map(([name, values]) => [name,
    vectorFromArray(values, Array.isArray(values[0]) ? list(vectors[types[name]]) : vectors[types[name]])])));
writeFileSync(`${folder}/events.arrow`, tableToIPC(table, 'file'));
// of lz4 a long column: several blocks, which refer to each other
for (const [program, type] of [['lz4', CompressionType.LZ4_FRAME], ['zstd', CompressionType.ZSTD]]) {
    compressionRegistry.set(type, { encode: bytes => execFileSync(program, program === 'lz4' ? ['-c', '-BD', '-B4'] :
        ['-c'], { input: bytes, maxBuffer: 1e9 }), decode: bytes => bytes });
    const writer = new RecordBatchFileWriter({ compressionType: type });
    writer.write(program === 'lz4' ? tableFromArrays({ pt: Float64Array.from({ length: 20000 },
        (_, k) => k % 700 / 7) }) : table);
    writer.finish();
    writeFileSync(`${folder}/${program}.arrow`, writer.toUint8Array(true));
}

const rows = columns.Jet_pt.flatMap((jets, e) => [...jets.map((pt, k) => [e, 'j', pt, columns.Jet_eta[e][k],
    columns.Jet_phi[e][k], columns.Jet_mass[e][k], columns.run[e]]), [e, 'met', columns.MET_pt[e], 0,
    columns.MET_phi[e], 0, columns.run[e]]]);
writeFileSync(`${folder}/events.csv`, ['event,object,pt,eta,phi,m,run', ...rows.map(row => row.join(','))].join('\n') +
    '\n');
