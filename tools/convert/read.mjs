// Reads ROOT trees, parquet and Arrow files for tools/convert, which speaks with it through pipes: see
// tools/convert_child.h. The libraries are pinned in package.json.
//     node read.mjs ROOT|parquet|Arrow FILE [TREE]
import { readFileSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';

const [format, path, tree] = process.argv.slice(2);
const BLOCK = 1024; // events in memory at a time, where the format leaves it to us

function fail(text) {
    writeSync(2, `convert: ${path}: ${text}\n`);
    process.exit(1);
}
let onError = error => fail(reason(error)); // what nobody has caught
const reason = error => String(error?.message ?? error).split('\n')[0];

// Writes all of it: a pipe may take less at once.
function put(bytes) {
    for (let at = 0; at < bytes.length;) {
        try {
            at += writeSync(1, bytes, at, bytes.length - at);
        } catch (error) {
            if (error.code === 'EPIPE') process.exit(0); // the other side has enough
            if (error.code !== 'EAGAIN') throw error;
        }
    }
}
// The columns: { name, type, lists, single (32 bits), unusable, entries }; then those that are wanted.
function offer(columns, inside) {
    const flag = value => value ? 1 : 0;
    put(Buffer.from((inside ? `:inside\t${inside}\n` : '') + columns.map(c => [c.name, c.type, flag(c.lists),
        flag(c.single), flag(c.unusable), c.entries].join('\t')).join('\n') + '\n\n'));
    const names = readFileSync(0, 'utf8').split('\n').filter(name => name);
    if (!names.length) process.exit(0);
    const wanted = new Set(names);
    return columns.filter(c => wanted.has(c.name)); // in the order of the table
}
// Entries of events, column by column, sent in blocks.
class Blocks {
    constructor(columns) {
        this.columns = columns;
        this.lists = columns.map(() => []);
        this.events = 0;
    }
    // value(k): of column k, a number or a list
    add(value) {
        for (let k = 0; k < this.columns.length; k++) this.lists[k].push(value(k));
        if (++this.events === BLOCK) this.send();
    }
    send() {
        put(new Uint8Array(Int32Array.of(this.events).buffer));
        for (let k = 0; k < this.columns.length; k++) {
            let numbers = this.lists[k];
            if (this.columns[k].lists) {
                put(new Uint8Array(Int32Array.from(numbers, list => list.length).buffer));
                numbers = numbers.flatMap(list => list.flat ? list : Array.from(list));
            }
            put(new Uint8Array(Float64Array.from(numbers, Number).buffer));
            this.lists[k] = [];
        }
        this.events = 0;
    }
    end() {
        if (this.events) this.send();
        put(new Uint8Array(4));
    }
}

// ---- ROOT: a tree's branches, their leaves, the members of objects

// What ROOT's streamers call kinds of numbers; + 20: arrays.
const kinds = { 1: 'int8', 2: 'int16', 3: 'int32', 4: 'int64', 5: 'float32', 6: 'int32', 8: 'float64', 9: 'float32',
    11: 'uint8', 12: 'uint16', 13: 'uint32', 14: 'uint64', 15: 'uint32', 16: 'int64', 17: 'uint64', 18: 'bool',
    19: 'float32' };
const leaves = { TLeafF: 'float32', TLeafD: 'float64', TLeafI: 'int32', TLeafL: 'int64', TLeafS: 'int16',
    TLeafB: 'int8', TLeafO: 'bool', TLeafG: 'int64', TLeafF16: 'float32', TLeafD32: 'float32' };
const words = { float: 'float32', Float_t: 'float32', double: 'float64', Double_t: 'float64', int: 'int32',
    Int_t: 'int32', 'unsigned int': 'uint32', UInt_t: 'uint32', short: 'int16', 'unsigned short': 'uint16',
    long: 'int64', Long64_t: 'int64', 'long long': 'int64', 'unsigned long': 'uint64', ULong64_t: 'uint64',
    char: 'int8', 'unsigned char': 'uint8', bool: 'bool', Bool_t: 'bool', Double32_t: 'float32' };
const cartesian = { x: o => o.fCoordinates.fX, y: o => o.fCoordinates.fY, z: o => o.fCoordinates.fZ };
// Members of the classes that momenta come in.
const classes = {
    TLorentzVector: { px: o => o.fP.fX, py: o => o.fP.fY, pz: o => o.fP.fZ, e: o => o.fE },
    TVector2: { x: o => o.fX, y: o => o.fY },
    TVector3: { x: o => o.fX, y: o => o.fY, z: o => o.fZ },
    PtEtaPhiM4D: { pt: o => o.fCoordinates.fPt, eta: o => o.fCoordinates.fEta, phi: o => o.fCoordinates.fPhi,
        m: o => o.fCoordinates.fM },
    PtEtaPhiE4D: { pt: o => o.fCoordinates.fPt, eta: o => o.fCoordinates.fEta, phi: o => o.fCoordinates.fPhi,
        e: o => o.fCoordinates.fE },
    PxPyPzE4D: { px: cartesian.x, py: cartesian.y, pz: cartesian.z, e: o => o.fCoordinates.fT },
    PxPyPzM4D: { px: cartesian.x, py: cartesian.y, pz: cartesian.z, m: o => o.fCoordinates.fM },
    Cartesian3D: cartesian
};
const members = name => classes[name] ?? classes[name.match(/LorentzVector<ROOT::Math::(\w+)/)?.[1]] ??
    classes[name.match(/DisplacementVector3D<ROOT::Math::(\w+)/)?.[1]];
const isSingle = type => type === 'float32';

// The columns of one branch, with `read`: what to take of the entry that jsroot gives for the branch.
function columnsOf(branch, parents, clones) {
    const own = branch.fName.replace(/\[.*$/, '').replace(/\.$/, ''), prefix = parents.filter(p => p).join('.');
    const name = prefix && !own.startsWith(prefix + '.') ? `${prefix}.${own}` : own;
    const children = branch.fBranches?.arr ?? [], entries = branch.fEntries, c = { name, short: own, branch, entries };
    if (children.length) {
        const list = clones || branch.fType === 3 || branch.fType === 4;
        return children.flatMap(child => columnsOf(child, branch._typename === 'TBranchElement' && !own ? parents
            : [name], list));
    }
    if (branch._typename !== 'TBranchElement') { // plain numbers, or several leaves side by side
        const all = branch.fLeaves?.arr ?? [];
        return all.map(leaf => {
            const type = leaves[leaf._typename];
            return { ...c, name: all.length > 1 ? `${name}.${leaf.fName}` : name, lists: leaf.fLeafCount ||
                leaf.fLen > 1, type: type ? (leaf.fIsUnsigned ? 'u' : '') + type : leaf._typename === 'TLeafC' ?
                'text' : 'other', unusable: !type, single: isSingle(type), read: all.length > 1 ?
                value => value[leaf.fName] : undefined };
        });
    }
    const element = branch.fClassName?.match(/^vector<(.+?)\s*>$/)?.[1], kind = branch.fStreamerType;
    const vector = element && (branch.fType === 0 || branch.fType === 4);
    const inside = members(vector ? element : branch.fClassName ?? ''); // TLorentzVector, say
    if (inside && (vector || kind < 1 || kind > 57))
        return Object.entries(inside).map(([member, get]) => ({ ...c, name: `${name}.${member}`,
            lists: vector || clones, type: 'float64',
            read: value => Array.isArray(value) ? value.map(get) : get(value) }));
    if (vector && words[element])
        return [{ ...c, type: words[element], lists: true, single: isSingle(words[element]), unusable: clones }];
    const type = kinds[kind % 20], number = type && kind > 0 && kind < 60;
    return [{ ...c, type: number ? type : 'other', unusable: !number || (clones && kind > 20),
        lists: clones || kind > 20, single: isSingle(type) }];
}
// Vectors that are a branch by themselves begin with a header, which jsroot passes over in other places.
function readVector(names) {
    return (buffer, object) => {
        const at = buffer.o;
        if (buffer.ntou4() & 0x40000000) buffer.ntou2(); // bytes that follow; version
        else buffer.o = at;
        buffer.o += 6; // TObject: version and number
        if (buffer.ntou4() & 0x10) buffer.ntou2(); // its bits: it is referred to
        for (const name of names) {
            if (name === 'fP') readVector(['fX', 'fY', 'fZ'])(buffer, object.fP = {});
            else object[name] = buffer.ntod();
        }
    };
}
async function readRoot() {
    let last = ''; // jsroot says what goes wrong on the console
    console.error = console.log = console.warn = (...text) => { last ||= text.map(String).join(' '); };
    const { openFile, addUserStreamer } = await import('jsroot/io');
    const { treeProcess, TSelector } = await import('jsroot/tree');
    addUserStreamer('TVector2', readVector(['fX', 'fY']));
    addUserStreamer('TVector3', readVector(['fX', 'fY', 'fZ']));
    addUserStreamer('TLorentzVector', readVector(['fP', 'fE']));
    const file = await openFile(path).catch(error => fail(`it cannot be opened: ${reason(error)}`));
    const found = [];
    const look = async (folder, prefix) => {
        for (const key of folder.fKeys ?? []) {
            if (/^T(Tree|Ntuple|NtupleD|Chain)$/.test(key.fClassName)) found.push({ name: prefix + key.fName,
                cycle: key.fCycle });
            if (/^TDirectory/.test(key.fClassName))
                await look(await file.readDirectory?.(prefix + key.fName) ?? await file.readObject(prefix + key.fName),
                    `${prefix}${key.fName}/`);
        }
    };
    if (!file) fail(`it is no whole ROOT file: ${last}`);
    await look(file, '').catch(error => fail(`its list of contents cannot be read: ${reason(error)}`));
    const cycles = new Map(); // a tree may be there several times: the last one written counts
    for (const t of found) if (!(cycles.get(t.name) > t.cycle)) cycles.set(t.name, t.cycle);
    const names = [...cycles.keys()];
    if (!names.length) {
        if (file.fKeys?.some(key => /RNTuple/.test(key.fClassName))) fail('it has an RNTuple, which is not read; ' +
            'trees (TTree) are');
        fail('it has no tree');
    }
    const name = tree && names.includes(tree) ? tree : names.find(n => tree && n.endsWith(`/${tree}`)) ?? (tree ?
        fail(`it has no tree "${tree}"; its trees: ${names.join(', ')}`) : names[0]);
    const from = await file.readObject(`${name};${cycles.get(name)}`).catch(error =>
        fail(`tree "${name}": ${reason(error)}`));
    if (!from?.fBranches) fail(`tree "${name}" cannot be read${last && `: ${last}`}`);
    const all = from.fBranches.arr.flatMap(branch => columnsOf(branch, [], false));
    const known = new Set(all.map(c => c.name)); // ROOT calls members of objects by their own names
    for (const c of all)
        if (c.name.endsWith(`.${c.short}`) && !known.has(c.short) && all.filter(o => o.short === c.short).length === 1)
            c.name = c.short;
    const others = names.filter(n => n !== name);
    const wanted = offer(all, `tree ${name}${others.length ? ` (others: ${others.join(', ')})` : ''}`);
    const selector = new TSelector(), blocks = new Blocks(wanted);
    const branches = [...new Set(wanted.map(c => c.branch))], place = wanted.map(c => branches.indexOf(c.branch));
    // what others count by is read with them; asked for itself it must come first
    const counts = new Set(branches.flatMap(b => b.fLeaves?.arr?.map(l => l.fLeafCount?.fName) ?? []));
    const order = [...branches.keys()].sort((a, b) => counts.has(branches[b].fName) - counts.has(branches[a].fName));
    for (const k of order) selector.addBranch(branches[k], `b${k}`);
    let done = 0;
    selector.Process = entry => {
        done++;
        blocks.add(k => {
            const c = wanted[k], given = selector.tgtobj[`b${place[k]}`];
            let value;
            try {
                value = c.read ? c.read(given) : given;
                if (c.lists && typeof value !== 'object') value = [value];
            } catch {
                value = undefined;
            }
            if (value === undefined || value === null || (!c.lists && typeof value === 'object'))
                fail(`branch "${c.name}", entry ${entry}: it cannot be read`);
            return c.lists ? Array.from(value) : value; // jsroot uses its arrays again
        });
    };
    const broken = async error => { // says which branch it is
        const text = `it cannot be read: the file is broken, or this is not known, after entry ${done} of ${
            from.fEntries}: ${error ? reason(error) : last || 'it ends there'}`;
        await firstBroken(from, branches, treeProcess, TSelector, text);
        fail(`branches "${wanted.map(c => c.name).join('", "')}": ${text}`);
    };
    onError = broken;
    if (from.fEntries > 0) await treeProcess(from, selector).catch(broken);
    if (done !== from.fEntries || last) await broken();
    blocks.end();
}
// Fails with the first branch that cannot be read by itself.
async function firstBroken(from, branches, treeProcess, TSelector, text) {
    for (const branch of branches) {
        const tell = onError = () => fail(`branch "${branch.fName}": ${text}`);
        const selector = new TSelector();
        let done = 0;
        console.error = () => { done = -1; };
        selector.addBranch(branch, 'value');
        selector.Process = () => { done += done >= 0; };
        await treeProcess(from, selector).catch(tell);
        if (done !== from.fEntries) tell();
    }
}

// ---- parquet: row group by row group

// The columns of a schema: numbers, lists of them, members of structures and of lists of structures.
function parquetColumns(node, path, lists, entries) {
    const { element, children } = node, name = element.name;
    const numbers = { BOOLEAN: 'bool', INT32: 'int32', INT64: 'int64',
        FLOAT: 'float32', DOUBLE: 'float64' };
    const list = element.converted_type === 'LIST' || element.logical_type?.type === 'LIST';
    if (list && children.length === 1) { // list, then one element of any name
        const middle = children[0], items = middle.children.length ? middle.children : [middle];
        return items.flatMap(item => parquetColumns({ ...item, element: { ...item.element, name } }, path, true,
            entries));
    }
    const repeated = lists || element.repetition_type === 'REPEATED', here = [...path, name];
    if (children.length) return children.flatMap(child => parquetColumns(child, here, repeated, entries));
    const type = numbers[element.type];
    return [{ name: here.join('.'), top: here[0], path: here.slice(1), type: type ?? 'other', unusable: !type,
        lists: repeated, single: type === 'float32', entries }];
}
const within = (value, path) => path.reduce((v, key) => Array.isArray(v) ? v.map(item => item?.[key]) : v?.[key],
    value);
const flat = value => Array.isArray(value) ? value.flat(Infinity) : ArrayBuffer.isView(value) ? Array.from(value) :
    value == null ? [] : [value];

// Rows as { column: value } become blocks.
function addRows(blocks, wanted, rows) {
    for (const row of rows)
        blocks.add(k => {
            const value = within(row[wanted[k].top], wanted[k].path);
            return wanted[k].lists ? flat(value).map(x => x ?? NaN) : value ?? NaN;
        });
}
async function readParquet() {
    const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } = await import('hyparquet');
    const { compressors } = await import('hyparquet-compressors');
    const file = await asyncBufferFromFile(path);
    const metadata = await parquetMetadataAsync(file).catch(error =>
        fail(`it is no whole parquet file: ${reason(error)}`));
    const entries = Number(metadata.num_rows);
    const wanted = offer(parquetSchema(metadata).children.flatMap(node => parquetColumns(node, [], false, entries)));
    const columns = [...new Set(wanted.map(c => c.top))], blocks = new Blocks(wanted);
    const rows = (names, rowStart, rowEnd) => parquetReadObjects({ file, metadata, columns: names, rowStart, rowEnd,
        compressors });
    let at = 0;
    for (const group of metadata.row_groups) {
        const end = at + Number(group.num_rows);
        let read;
        try {
            read = await rows(columns, at, end);
        } catch (error) {
            for (const column of columns) // which of them it was
                await rows([column], at, end).catch(e =>
                    fail(`column "${column}", rows ${at} to ${end}: ${reason(e)}`));
            fail(`rows ${at} to ${end}: ${reason(error)}`);
        }
        addRows(blocks, wanted, read);
        at = end;
    }
    blocks.end();
}

// ---- Arrow (Feather 2): batch by batch

function arrowColumns(field, path, lists, Type) {
    const here = [...path, field.name], type = field.type, name = String(type);
    if ([Type.List, Type.LargeList, Type.FixedSizeList].includes(type.typeId))
        return arrowColumns({ name: field.name, type: type.children[0].type }, path, true, Type);
    if (type.typeId === Type.Struct) return type.children.flatMap(child => arrowColumns(child, here, lists, Type));
    const number = [Type.Int, Type.Float, Type.Bool].includes(type.typeId);
    return [{ name: here.join('.'), top: here[0], path: here.slice(1), type: name.toLowerCase(), unusable: !number,
        lists, single: name === 'Float32', entries: -1 }];
}
const plain = value => value?.toJSON && typeof value !== 'bigint' ? value.toJSON() : value;
const rowOf = (batch, wanted, i) => Object.fromEntries([...new Set(wanted.map(c => c.top))].map(name => {
    const value = batch.getChild(name)?.get(i);
    return [name, value?.toArray ? Array.from(value.toArray(), plain) : plain(value)];
}));
// LZ4 frames, which pyarrow compresses with unless told otherwise; format: lz4_Frame_format.md and lz4_Block_format.md
// of lz4. Blocks may refer to what the blocks before them gave.
function lz4(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), flags = bytes[4];
    if (bytes.length < 11 || view.getUint32(0, true) !== 0x184d2204) throw Error('this is no LZ4 frame');
    let at = 7 + (flags & 8 ? 8 : 0) + (flags & 1 ? 4 : 0), out = new Uint8Array(4 * bytes.length), end = 0;
    const room = size => {
        if (end + size <= out.length) return;
        const more = new Uint8Array(2 * (end + size));
        more.set(out);
        out = more;
    };
    const copy = (from, size) => { // from what is compressed
        if (from + size > bytes.length) throw Error('an LZ4 block ends too early');
        room(size);
        out.set(bytes.subarray(from, from + size), end);
        end += size;
        return from + size;
    };
    for (;;) {
        const size = view.getUint32(at, true), stop = at + 4 + (size & 0x7fffffff);
        at += 4;
        if (size === 0) return out.subarray(0, end);
        if (size >>> 31) at = copy(at, size & 0x7fffffff); // as it is
        while (at < stop) {
            const token = bytes[at++], longer = length => { // 15: more bytes follow, the last of them below 255
                for (let more = length === 15 ? 255 : 0; more === 255; length += more) more = bytes[at++];
                return length;
            };
            const literals = longer(token >> 4);
            at = copy(at, literals);
            if (at >= stop) break; // the last sequence is of literals alone
            const back = view.getUint16(at, true);
            at += 2;
            const length = longer(token & 15) + 4;
            if (back === 0 || back > end) throw Error('an LZ4 block refers to nothing');
            room(length);
            for (let k = 0; k < length; k++, end++) out[end] = out[end - back]; // may overlap
        }
        at = stop + (flags & 16 ? 4 : 0);
    }
}
async function readArrow() {
    const arrow = await import('apache-arrow'), { decompress } = await import('fzstd');
    arrow.compressionRegistry.set(arrow.CompressionType.ZSTD, { decode: bytes => decompress(bytes) });
    arrow.compressionRegistry.set(arrow.CompressionType.LZ4_FRAME, { decode: lz4 });
    let reader;
    try {
        reader = await arrow.RecordBatchReader.from(await open(path));
        await reader.open();
    } catch (error) {
        fail(`it is no whole Arrow file: ${reason(error)}`);
    }
    const wanted = offer(reader.schema.fields.flatMap(field => arrowColumns(field, [], false, arrow.Type)));
    const blocks = new Blocks(wanted);
    let batches = 0;
    try {
        for await (const batch of reader) {
            for (let i = 0; i < batch.numRows; i++) addRows(blocks, wanted, [rowOf(batch, wanted, i)]);
            batches++;
        }
    } catch (error) {
        fail(`columns "${wanted.map(c => c.name).join('", "')}", batch ${batches}: ${reason(error)}`);
    }
    blocks.end();
}

process.on('uncaughtException', error => onError(error));
process.on('unhandledRejection', error => onError(error));
await { ROOT: readRoot, parquet: readParquet, Arrow: readArrow }[format]();
process.exit(0);
