/**
 * What kind of value stands where in libvirt's XML, after its own RNG schemas (domaincommon, networkcommon, storagecommon).
 * What is listed nowhere is a text that people wrote (a title, a serial, a command line, a password): it has one spelling.
 */

import type { Place } from "../reconcile/language";

export type Kind =
  "number" | "switch" | "set" | "size" | "unit" | "uuid" | "mac" | "address" | "path" | "machine" | "word" | "version";

/** An attribute as `element@attribute`, or `@attribute` where it means the same in all elements; a text as `parent/element`. */
const places: Readonly<Record<Kind, string>> = {
  // Written in decimal or in hexadecimal, and shown with or without leading zeros.
  number: `
    @average @aw_bits @base @bits @bufferCount @bufferLength @burst @bus @busNr @bytes @cache @cellid @channels @chassis
    @chassisNr @class @classID @cmd_per_lun @connectionid @connections @controller @cores @cssid @count @current @cyls @delay
    @device @devno @dies @dmode @dspPolicy @expiry @fid @floor @fmode @frequency @function @grow @heads @index @initiator
    @iobase @iothread @irq @latency @level @limit @logical_block_size @managerid @max @maxEventChannels @maxGrantFrames
    @max_sectors @metric @namespace @offset @order @peak @period @physical_block_size @ports @prefix @priority @product
    @queue @queue_size @queues @ram @rebootTimeout @reg @retries @rotation_rate @rx_queue_size @seconds @secs @shrink @size
    @slew @slot @slots @sockets @ssid @startport @thread_pool_max @thread_pool_min @threads @threshold @timeout
    @timerPeriod @tlsPort @to @tx_queue_size @typeid @typeidversion @uid @unique_id @vcpu @vectors @vendor @vgamem @voices
    @vram @vram64 @websocket @weight @x @y
    address@domain address@port address@target address@unit audio@id bandwidth@target bandwidth@value cache@id cell@id
    cid@address clock@start domain@id extent@end extent@start freeExtent@end freeExtent@start gid@start gid@target
    graphics@port host@port iothread@id latency@target latency@value line@value local@port node@id port@end port@start
    product@id queue@id range@end range@start sibling@id sibling@value size@value source@port source@usage srv@port tag@id
    target@port uid@start uid@target vcpu@id vendor@id
    blkiotune/weight cputune/* device/read_bytes_sec device/read_iops_sec device/weight device/write_bytes_sec
    device/write_iops_sec domain/iothreads domain/vcpu iotune/* launchSecurity/cbitpos launchSecurity/handle
    launchSecurity/policy launchSecurity/reducedPhysBits permissions/group permissions/mode permissions/owner target/node
    tune/sndbuf`,
  // virTristateBool (yes, no) and virTristateSwitch (on, off).
  switch: `
    @accel2d @accel3d @allow @append @ats @auto @autodeflate @autoport @bar @blob @caching_mode @check @compression
    @copy_on_read @copypaste @csum @default @discard @discard_no_unref @dumpCore @dynamicMemslots @ecn @edid @eim @enable
    @enabled @eoi @event_idx @exactName @exclude @exclusive @fixedSettings @flock @forwardPlainNames @freePageReporting
    @fullscreen @gso @hotplug @hotpluggable @intremap @ioeventfd @iommu @iotlb @ipv6 @isolated @kernelHashes @localOnly
    @localPtr @managed @migratable @missing @mixingEngine @mrg_rxbuf @multiUser @multifunction @p2p @packed @page_per_vq
    @part_separator @persistent_state @posix @powerControl @present @primary @ramfb @rawio @readonly @relabel @removable
    @repeat @replaceUser @rss @rss_hash_report @secure @shareBacking @state @stateless @stp @tls @trustGuestRxFilters
    @tryMMap @tryPoll @tso4 @tso6 @ufo @useserial @verify @writeFiltering @xattr hostdev@display`,
  // CPUs and nodes: `0,1,2,3,^2` is `0-1,3`.
  set: "@cpus @cpuset @iothreads @nodeset @vcpus source/nodemask",
  // Stored in KiB (memory) or bytes (volumes), whatever unit they were given in.
  size: `
    @memory cache@size page@size
    controller/pcihole64 domain/currentMemory domain/maxMemory domain/memory filesystem/space_hard_limit
    filesystem/space_soft_limit hpt/maxpagesize label/size memtune/hard_limit memtune/min_guarantee memtune/soft_limit
    memtune/swap_hard_limit metadata_cache/max_size pool/allocation pool/available pool/capacity pstore/size shmem/size
    smm/tseg source/alignsize source/pagesize target/block target/clusterSize target/current target/requested target/size
    tcg/tb-cache volume/allocation volume/available volume/capacity volume/physical`,
  unit: "@unit @units",
  uuid: `
    @instanceid @interfaceid @portid @secret @switchid address@uuid secret@uuid
    domain/genid domain/uuid memory/uuid network/uuid pool/uuid`,
  mac: "@mac mac@address",
  address: `
    @addr @gateway @ip @listen @netmask @peer address@end address@start host@name ip@address listen@address local@address
    portForward@address range@end range@start route@address source@address`,
  path: `
    @evdev @logFile @rendernode @socket @tap @template @tty @vhost audio@path binary@path bootp@file config@file device@path
    dir@path downscript@path input@dev log@file mirror@file output@dev rom@file script@path server@path source@dev
    source@dir source@file source@path
    acpi/table backingStore/path device/path devices/emulator os/dtb os/init os/initdir os/initrd os/kernel os/loader
    os/nvram os/root pool/path pstore/path resource/partition rng/backend smartcard/database source/block source/char
    source/path target/path`,
  machine: "type@machine",
  // Names that libvirt folds to one case: a NIC's model, a boot menu's entry on s390.
  word: "model@type boot@loadparm",
  // Decimal fractions: 9.40 is 9.4.
  version: "usbdev@version",
};

const kinds = new Map<string, Kind[]>();
for (const [kind, list] of Object.entries(places)) {
  for (const place of list.trim().split(/\s+/)) kinds.set(place, [...(kinds.get(place) ?? []), kind as Kind]);
}

/** Which kinds of value a place holds, the most particular rule first; none where people write what they like. */
export function kindsAt({ elements, attribute }: Pick<Place, "elements" | "attribute">): readonly Kind[] {
  // What people keep in the metadata is theirs, whatever it is called.
  if (elements.includes("metadata")) return [];
  const [parent, element] = [elements.at(-2), elements.at(-1)];
  const names =
    attribute === undefined ? [`${parent}/${element}`, `${parent}/*`] : [`${element}@${attribute}`, `@${attribute}`];
  const [particular = nothing, general = nothing] = names.map((name) => kinds.get(name));
  if (particular.length === 0) return general;
  return general.length === 0 ? particular : [...particular, ...general];
}

const nothing: readonly Kind[] = [];
